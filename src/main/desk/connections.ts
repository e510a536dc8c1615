import {
  authenticationProblems,
  type ConnectionConfig,
  type ConnectionView,
  DeskError,
  type Emit,
  type Handlers,
  type IdentityProvider,
  sessionsRunAs,
} from '../../contract/index.ts';
import { agentAddresses } from './addresses.ts';
import type { SettingsEditor } from './editor.ts';
import { unknownConnection, withDeskErrors } from './errors.ts';
import type { DeskPorts } from './ports.ts';
import { tokenAddresses } from './token-addresses.ts';

type ConnectionCalls = Extract<keyof Handlers, `connections.${string}`>;

/** A connection as the desk shows it: its settings, whether its password is at hand, who is on it, how agents reach it. */
export function connectionView(ports: DeskPorts, config: ConnectionConfig): ConnectionView {
  const { agents, identityProviders } = ports.settings.current();
  return {
    config,
    credential: ports.gateway.credentials.state(config),
    liveSessions: sessionsOn(ports, config.name),
    targetDoubt: ports.gateway.targetDoubt(config.name),
    runsAs: sessionsRunAs(config),
    addresses: agentAddresses([config], agents, ports, ports.knownKeys),
    tokenAddresses: tokenAddresses(config, identityProviders, ports, ports.tokenCommand),
    account: ports.accounts.of(config),
  };
}

/** Connections: list, save, remove, test, and the password that only the gate's memory holds. */
export function connectionHandlers(
  ports: DeskPorts,
  editor: SettingsEditor,
  emit: Emit,
): Pick<Handlers, ConnectionCalls> {
  const { gateway } = ports;
  const forget = (connection: string): void => {
    gateway.credentials.forget(connection);
    gateway.note({ type: 'credential', event: 'forgotten', connection, by: ports.operator });
  };
  const changed = (): void => {
    emit('connections.changed', {});
    emit('overview.changed', {});
  };
  return {
    'connections.list': async () => editor.current().connections.map((config) => connectionView(ports, config)),

    'connections.services': async () => [...ports.services()],

    'connections.save': async (config) => {
      requireDistinctIds(config.maskRules, 'mask rules');
      requireDistinctIds(config.policyRules, 'rules');
      let before: ConnectionConfig | undefined;
      await editor.edit((settings) => {
        requireProvider(config, settings.identityProviders);
        before = settings.connections.find(({ name }) => name === config.name);
        return { ...settings, connections: put(settings.connections, config) };
      });
      // A password that was typed for one server must not be sent to another.
      if (before !== undefined && goesElsewhere(before, config)) forget(config.name);
      changed();
      return connectionView(ports, config);
    },

    'connections.remove': async ({ connection }) => {
      await editor.edit((settings) => {
        if (!settings.connections.some(({ name }) => name === connection)) throw unknownConnection(connection);
        if (sessionsOn(ports, connection) > 0) {
          throw new DeskError(
            'connection_in_use',
            `Agents are at work on ${connection}; it was not removed.`,
            'End its sessions first, then remove it.',
          );
        }
        const granting = settings.identityProviders.find(({ grants }) =>
          grants.some(({ connections }) => connections.includes(connection)),
        );
        if (granting !== undefined) {
          throw new DeskError(
            'connection_granted',
            `The identity provider ${granting.name} grants ${connection}; it was not removed.`,
            'Take it out of the provider’s grants first.',
          );
        }
        return {
          ...settings,
          connections: settings.connections.filter(({ name }) => name !== connection),
          agents: settings.agents.map((agent) => ({
            ...agent,
            connections: agent.connections.filter((name) => name !== connection),
          })),
        };
      });
      forget(connection);
      gateway.findings.forget(connection);
      changed();
      emit('agents.changed', {});
      return {};
    },

    'connections.test': async ({ config, password }) => {
      const result = await withDeskErrors(() => gateway.testConnection(config, password ?? null));
      if (result.account !== null) {
        ports.accounts.found(config, result.account);
        emit('connections.changed', {});
      }
      return result;
    },

    'connections.acceptTarget': async ({ connection }) => {
      const config = editor.connection(connection);
      gateway.acceptTarget(connection, ports.operator);
      changed();
      return connectionView(ports, config);
    },

    'connections.supplyCredential': async ({ connection, password }) => {
      const config = editor.connection(connection);
      await withDeskErrors(() => gateway.credentials.supply(connection, password));
      gateway.note({ type: 'credential', event: 'supplied', connection, by: ports.operator });
      changed();
      return connectionView(ports, config);
    },
  };
}

/** True when a typed password belongs to another server or user than the one configured now. */
function goesElsewhere({ upstream: one }: ConnectionConfig, { upstream: other }: ConnectionConfig): boolean {
  const moved = one.host !== other.host || one.port !== other.port || one.user !== other.user;
  return moved && other.credential.from === 'prompt';
}

function sessionsOn({ gateway }: DeskPorts, connection: string): number {
  return gateway.liveSessions().filter(({ summary }) => summary.connection === connection).length;
}

function put(connections: readonly ConnectionConfig[], config: ConnectionConfig): ConnectionConfig[] {
  const known = connections.some(({ name }) => name === config.name);
  return known ? connections.map((one) => (one.name === config.name ? config : one)) : [...connections, config];
}

/** A connection that asks for tokens which nobody may give would let nobody in. Throws DeskError `settings_invalid`. */
function requireProvider(config: ConnectionConfig, providers: readonly IdentityProvider[]): void {
  if (authenticationProblems([config], providers).length === 0) return;
  throw new DeskError(
    'settings_invalid',
    `No identity provider grants ${config.name}, so nobody could connect by an access token; it was not saved.`,
    'Add the connection to the grants of a provider first (docs/identity.md), or take agent keys.',
  );
}

/** Two rules with one id could not be told apart in a journal. Throws DeskError `duplicate_rule`. */
export function requireDistinctIds(rules: readonly { readonly id: string }[], what: 'rules' | 'mask rules'): void {
  const ids = rules.map(({ id }) => id);
  const repeated = ids.find((id, index) => ids.indexOf(id) < index);
  if (repeated === undefined) return;
  throw new DeskError(
    'duplicate_rule',
    `Two ${what} have the id ${repeated}.`,
    'Give each rule an id of its own. Nothing was saved.',
  );
}
