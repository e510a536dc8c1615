import { type ConnectionConfig, DeskError, type Emit, type Handlers } from '../../contract/index.ts';
import { rulesOfRenamed } from '../../gateway/masking/covered.ts';
import { placeOfCopy, ruleOfCopy } from '../../gateway/memory/copied-columns.ts';
import type { SettingsEditor } from './editor.ts';
import { withDeskErrors } from './errors.ts';
import type { DeskPorts } from './ports.ts';

/** Columns that masked values were copied to. */
export function copyHandlers(
  ports: DeskPorts,
  editor: SettingsEditor,
  emit: Emit,
): Pick<Handlers, 'copies.list' | 'copies.forget'> {
  const { gateway } = ports;
  return {
    'copies.list': async ({ connection }) => {
      editor.connection(connection);
      return gateway
        .copiedColumns(connection)
        .map((copy) => ({ ...copy, sources: [...copy.sources] }))
        .reverse();
    },

    'copies.forget': (copy) =>
      withDeskErrors(() => {
        editor.connection(copy.connection);
        if (!gateway.forgetCopy(copy, ports.operator)) {
          throw new DeskError(
            'copy_not_found',
            `${placeOfCopy(copy)} is not remembered as holding copies.`,
            'It may have been taken off the list already. Nothing was changed.',
          );
        }
        emit('connections.changed', {});
        return {};
      }),
  };
}

/** A connection with the rules of what was renamed and copied in its own database behind its mask rules, as the gate masks it. */
export function withMemory(config: ConnectionConfig, { gateway }: Pick<DeskPorts, 'gateway'>): ConnectionConfig {
  if (config.maskRules.length === 0) return config;
  const copied = gateway.copiedColumns(config.name).filter(({ database }) => database === config.upstream.database);
  const renamed = gateway.knownRenamed(config.name).filter(({ database }) => database === config.upstream.database);
  const remembered = [...rulesOfRenamed(renamed, config.maskRules), ...copied.map(ruleOfCopy)];
  return { ...config, maskRules: [...config.maskRules, ...remembered] };
}
