import type { AgentRecord } from '../identity/agent-keys.ts';
import type { GatewaySettings } from './types.ts';

/**
 * What changed between two settings, one sentence each, for the gate's own journal: names and rules, never a key or its
 * hash. PCI DSS 10.2.1 asks for changes of rules and of who may come in.
 */
export function settingsChanges(before: GatewaySettings, after: GatewaySettings): string[] {
  return [...connectionChanges(before, after), ...agentChanges(before, after), ...providerChanges(before, after)];
}

function connectionChanges(before: GatewaySettings, after: GatewaySettings): string[] {
  return compare(before.connections, after.connections, 'connection', (old, current) => {
    return changedFields(old, current).map((field) =>
      field === 'maskRules'
        ? `connection ${current.name}: mask rules now ${JSON.stringify(current.maskRules)}`
        : `connection ${current.name}: ${field} now ${JSON.stringify(current[field]) ?? 'not set'}`,
    );
  });
}

function agentChanges(before: GatewaySettings, after: GatewaySettings): string[] {
  const changes = (old: AgentRecord, current: AgentRecord): string[] => [
    ...(old.revokedAt === null && current.revokedAt !== null ? [`agent ${current.name}: key revoked`] : []),
    ...(old.keyHash === current.keyHash ? [] : [`agent ${current.name}: new key${formerWords(old, current)}`]),
    ...(JSON.stringify(old.groups ?? []) === JSON.stringify(current.groups ?? [])
      ? []
      : [`agent ${current.name}: groups now ${current.groups?.join(', ') || 'none'}`]),
    ...(JSON.stringify(old.scope) === JSON.stringify(current.scope)
      ? []
      : [`agent ${current.name}: scope now ${JSON.stringify(current.scope) ?? 'not bounded'}`]),
    ...(JSON.stringify(old.connections) === JSON.stringify(current.connections)
      ? []
      : [`agent ${current.name}: connections now ${current.connections.join(', ') || 'none'}`]),
  ];
  // What a new agent may do is told as the changes from one that may do nothing.
  const nothing = ({ scope: _scope, groups: _groups, ...agent }: AgentRecord): AgentRecord => ({
    ...agent,
    connections: [],
  });
  return compare(before.agents, after.agents, 'agent', changes, (agent) => changes(nothing(agent), agent));
}

/** Until when the key that was replaced is good. */
function formerWords(old: AgentRecord, current: AgentRecord): string {
  const former = current.formerKeys?.find(({ keyHash }) => keyHash === old.keyHash);
  return former === undefined ? '' : `; the one before is valid until ${new Date(former.until).toISOString()}`;
}

function providerChanges(before: GatewaySettings, after: GatewaySettings): string[] {
  return compare(before.identityProviders, after.identityProviders, 'identity provider', (old, current) =>
    changedFields(old, current).map(
      (field) => `identity provider ${current.name}: ${field} now ${JSON.stringify(current[field]) ?? 'not set'}`,
    ),
  );
}

/** A field that was taken away is a change as well. */
const changedFields = <T extends object>(old: T, current: T): (keyof T)[] =>
  [...new Set([...Object.keys(old), ...Object.keys(current)] as (keyof T)[])].filter(
    (field) => JSON.stringify(old[field]) !== JSON.stringify(current[field]),
  );

function compare<T extends { readonly name: string }>(
  before: readonly T[],
  after: readonly T[],
  what: string,
  changes: (old: T, current: T) => string[],
  additions: (added: T) => string[] = () => [],
): string[] {
  const old = new Map(before.map((item) => [item.name, item]));
  const names = new Set(after.map((item) => item.name));
  return [
    ...before.filter((item) => !names.has(item.name)).map((item) => `${what} ${item.name} removed`),
    ...after.flatMap((item) => {
      const known = old.get(item.name);
      return known === undefined ? [`${what} ${item.name} added`, ...additions(item)] : changes(known, item);
    }),
  ];
}
