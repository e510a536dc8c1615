import { type ConnectionConfig, DeskError } from '../../contract/index.ts';
import type { GatewaySettings } from '../../gateway/types.ts';
import { unknownConnection } from './errors.ts';
import type { DeskPorts } from './ports.ts';

/** Reads and changes the settings on behalf of the operator. */
export interface SettingsEditor {
  current(): GatewaySettings;
  /** Throws DeskError `unknown_connection`. */
  connection(name: string): ConnectionConfig;
  /**
   * Applies a change: first to disk, then to the running gate, so that nothing holds that would be gone after a restart.
   * Changes are made one after another; each sees the one before. Throws DeskError `managed_by_file`.
   */
  edit(change: (settings: GatewaySettings) => GatewaySettings): Promise<void>;
}

export function createEditor({
  settings,
  gateway,
  operator,
}: Pick<DeskPorts, 'settings' | 'gateway' | 'operator'>): SettingsEditor {
  let last: Promise<unknown> = Promise.resolve();
  return {
    current: () => settings.current(),
    connection(name) {
      const found = settings.current().connections.find((connection) => connection.name === name);
      if (found === undefined) throw unknownConnection(name);
      return found;
    },
    async edit(change) {
      if (settings.managedBy === 'file') {
        throw new DeskError(
          'managed_by_file',
          'Connections, agents and rules come from a configuration file here, so the desk does not change them.',
          'Edit the file that `postern serve --config` was started with, and start it again.',
        );
      }
      const apply = async (): Promise<void> => {
        const next = change(settings.current());
        await settings.save(next);
        gateway.configure(next, operator);
      };
      // A change that failed must not stop the next one; its own caller hears of it.
      const mine = last.then(apply, apply);
      last = mine.catch(() => undefined);
      await mine;
    },
  };
}
