import { type AgentView, DeskError, type Emit, type Handlers } from '../../contract/index.ts';
import { type AgentRecord, hashAgentKey, keyFingerprint } from '../../gateway/identity/agent-keys.ts';
import { agentAddresses } from './addresses.ts';
import type { SettingsEditor } from './editor.ts';
import { unknownAgent, unknownConnection } from './errors.ts';
import type { DeskPorts } from './ports.ts';

type AgentCalls = Extract<keyof Handlers, `agents.${string}`>;

/** Agents: their keys are made here, returned once, and kept as hashes only. */
export function agentHandlers(ports: DeskPorts, editor: SettingsEditor, emit: Emit): Pick<Handlers, AgentCalls> {
  const view = (agent: AgentRecord): AgentView => ({
    name: agent.name,
    fingerprint: keyFingerprint(agent.keyHash),
    connections: [...agent.connections],
    createdAt: agent.createdAt,
    revokedAt: agent.revokedAt,
    lastSeenAt: ports.gateway.lastSeen().get(agent.name) ?? null,
    scope: agent.scope ?? null,
  });
  const changed = (): void => {
    emit('agents.changed', {});
    emit('connections.changed', {});
    emit('overview.changed', {});
  };
  return {
    'agents.list': async () => editor.current().agents.map(view),

    'agents.create': async ({ name, connections, scope }) => {
      const key = ports.createKey();
      const agent = {
        name,
        keyHash: hashAgentKey(key),
        connections: [...new Set(connections)],
        createdAt: ports.now(),
        revokedAt: null,
        ...(scope && { scope }),
      } satisfies AgentRecord;
      await editor.edit((settings) => {
        // A revoked name stays taken: journals name agents, and one name must not mean two keys' holders.
        if (settings.agents.some((other) => other.name === name)) {
          throw new DeskError(
            'agent_exists',
            `There is already an agent named ${name}.`,
            'Choose another name; names are never given twice.',
          );
        }
        for (const wanted of agent.connections) {
          if (!settings.connections.some((connection) => connection.name === wanted)) throw unknownConnection(wanted);
        }
        return { ...settings, agents: [...settings.agents, agent] };
      });
      changed();
      const { connections: known } = editor.current();
      return {
        agent: view(agent),
        key,
        addresses: agentAddresses(known, [agent], ports, new Map([[name, key]])),
      };
    },

    'agents.revoke': async ({ name }) => {
      await editor.edit((settings) => {
        if (!settings.agents.some((agent) => agent.name === name)) throw unknownAgent(name);
        return {
          ...settings,
          agents: settings.agents.map((agent) =>
            agent.name === name ? { ...agent, revokedAt: agent.revokedAt ?? ports.now() } : agent,
          ),
        };
      });
      for (const { summary } of ports.gateway.liveSessions()) {
        if (summary.agent === name) ports.gateway.terminateSession(summary.id, 'the agent key was revoked');
      }
      changed();
      const revoked = editor.current().agents.find((agent) => agent.name === name);
      if (revoked === undefined) throw unknownAgent(name);
      return view(revoked);
    },
  };
}
