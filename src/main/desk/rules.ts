import type { Emit, Handlers } from '../../contract/index.ts';
import { connectionView, requireDistinctIds } from './connections.ts';
import { withMemory } from './copies.ts';
import type { SettingsEditor } from './editor.ts';
import { withDeskErrors } from './errors.ts';
import type { DeskPorts } from './ports.ts';

type RuleCalls = 'rules.catalog' | 'rules.save' | 'rules.preview';

/** Rows of a table that the preview shows: enough to judge a masker, few enough to read. */
const previewRowCount = 12;

/** Mask rules with their preview. */
export function ruleHandlers(ports: DeskPorts, editor: SettingsEditor, emit: Emit): Pick<Handlers, RuleCalls> {
  const { gateway, judges } = ports;
  return {
    'rules.catalog': ({ connection }) =>
      withDeskErrors(async () =>
        judges.catalogTables(withMemory(editor.connection(connection), ports), await gateway.catalog(connection)),
      ),

    'rules.save': async ({ connection, rules }) => {
      requireDistinctIds(rules, 'mask rules');
      editor.connection(connection);
      await editor.edit((settings) => ({
        ...settings,
        connections: settings.connections.map((one) => (one.name === connection ? { ...one, maskRules: rules } : one)),
      }));
      emit('connections.changed', {});
      return connectionView(ports, editor.connection(connection));
    },

    'rules.preview': ({ connection, schema, table, rules }) =>
      withDeskErrors(async () => {
        const config = editor.connection(connection);
        const { maskRules } = withMemory({ ...config, maskRules: rules }, ports);
        const catalog = await gateway.catalog(connection);
        const sample = await gateway.sampleRows(connection, schema, table, previewRowCount);
        return judges.previewRows({ rules: maskRules, catalog, schema, table, sample });
      }),
  };
}
