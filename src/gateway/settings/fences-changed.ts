import type { ConnectionConfig } from '../../contract/index.ts';
import type { GatewaySettings } from './types.ts';

/** Connections whose live sessions are to be granted something else than before, by name. */
export function fencesChanged(before: GatewaySettings, after: GatewaySettings): string[] {
  return after.connections
    .filter((config) => {
      const known = before.connections.find(({ name }) => name === config.name);
      return known !== undefined && fenceOf(known) !== fenceOf(config);
    })
    .map(({ name }) => name);
}

const fenceOf = ({ maskRules, sessionRole }: ConnectionConfig): string => JSON.stringify([maskRules, sessionRole]);
