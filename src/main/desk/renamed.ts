import { DeskError, type Emit, type Handlers } from '../../contract/index.ts';
import type { SettingsEditor } from './editor.ts';
import { withDeskErrors } from './errors.ts';
import type { DeskPorts } from './ports.ts';

/** Columns that others renamed, from under their mask rules. */
export function renamedHandlers(
  ports: DeskPorts,
  editor: SettingsEditor,
  emit: Emit,
): Pick<Handlers, 'renamed.list' | 'renamed.forget'> {
  const { gateway } = ports;
  return {
    'renamed.list': async ({ connection }) => {
      editor.connection(connection);
      // A database that cannot be asked is told elsewhere on the screen; what is known of it is shown.
      const columns = await gateway.renamedColumns(connection).catch(() => gateway.knownRenamed(connection));
      return columns.map((column) => ({ ...column }));
    },

    'renamed.forget': (column) =>
      withDeskErrors(() => {
        editor.connection(column.connection);
        if (!gateway.forgetRenamed(column, ports.operator)) {
          throw new DeskError(
            'renamed_not_found',
            'This column is not masked for the name that it had.',
            'Its rule may name it again, or it is gone. Nothing was changed.',
          );
        }
        emit('connections.changed', {});
        return {};
      }),
  };
}
