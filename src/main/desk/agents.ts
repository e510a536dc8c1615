import { type AgentView, DeskError, type Emit, type Handlers } from '../../contract/index.ts';
import { type AgentRecord, hashAgentKey, keyFingerprint } from '../../gateway/identity/agent-keys.ts';
import type { GatewaySettings } from '../../gateway/types.ts';
import { agentAddresses } from './addresses.ts';
import type { SettingsEditor } from './editor.ts';
import { unknownAgent, unknownConnection } from './errors.ts';
import type { DeskPorts } from './ports.ts';
import { rotated } from './rotation.ts';

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
    groups: [...(agent.groups ?? [])],
    formerKeys: (agent.formerKeys ?? []).map(({ keyHash, until }) => ({ fingerprint: keyFingerprint(keyHash), until })),
  });
  const changed = (): void => {
    emit('agents.changed', {});
    emit('connections.changed', {});
    emit('overview.changed', {});
  };
  /** Changes one agent and returns it as it is then. Throws DeskError `unknown_agent`, and what `change` throws. */
  const edit = async (name: string, change: (agent: AgentRecord, settings: GatewaySettings) => AgentRecord) => {
    await editor.edit((settings) => {
      if (!settings.agents.some((agent) => agent.name === name)) throw unknownAgent(name);
      const agents = settings.agents.map((agent) => (agent.name === name ? change(agent, settings) : agent));
      return { ...settings, agents };
    });
    changed();
    const agent = editor.current().agents.find((one) => one.name === name);
    if (agent === undefined) throw unknownAgent(name);
    return agent;
  };
  /** The answer that shows a key: the only one. */
  const shown = (agent: AgentRecord, key: string) => ({
    agent: view(agent),
    key,
    addresses: agentAddresses(editor.current().connections, [agent], ports, new Map([[agent.name, key]])),
  });
  return {
    'agents.list': async () => editor.current().agents.map(view),

    'agents.create': async ({ name, connections, scope, groups }) => {
      const key = ports.createKey();
      const agent = {
        name,
        keyHash: hashAgentKey(key),
        connections: [...new Set(connections)],
        createdAt: ports.now(),
        revokedAt: null,
        ...(scope && { scope }),
        ...(groups.length > 0 && { groups: [...new Set(groups)] }),
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
        requireKnown(agent.connections, settings);
        return { ...settings, agents: [...settings.agents, agent] };
      });
      changed();
      return shown(agent, key);
    },

    'agents.change': async ({ name, connections, scope, groups }) => {
      const agent = await edit(name, ({ scope: _scope, groups: _groups, ...rest }, settings) => {
        requireKnown(connections, settings);
        return {
          ...rest,
          connections: [...new Set(connections)],
          ...(scope !== null && { scope }),
          ...(groups.length > 0 && { groups: [...new Set(groups)] }),
        };
      });
      return view(agent);
    },

    'agents.rotate': async ({ name, graceSeconds }) => {
      const key = ports.createKey();
      const agent = await edit(name, (old) => rotated(old, hashAgentKey(key), graceSeconds, ports.now()));
      return shown(agent, key);
    },

    'agents.revoke': async ({ name }) => {
      const agent = await edit(name, (old) => ({ ...old, revokedAt: old.revokedAt ?? ports.now() }));
      for (const { summary } of ports.gateway.liveSessions()) {
        if (summary.agent === name) ports.gateway.terminateSession(summary.id, 'the agent key was revoked');
      }
      return view(agent);
    },
  };
}

function requireKnown(connections: readonly string[], settings: GatewaySettings): void {
  for (const wanted of connections) {
    if (!settings.connections.some(({ name }) => name === wanted)) throw unknownConnection(wanted);
  }
}
