import { isIP, isIPv6 } from 'node:net';
import type { HostName } from './certificate.ts';
import { isLoopback, isSocketFolder } from './host.ts';
import type { ListenerConfig } from './types.ts';

const wildcards = ['0.0.0.0', '::'];

/**
 * Names and addresses that clients use for a listener, besides loopback: its own host, this machine's name when others
 * can reach it, and what the configuration adds.
 */
export function listenerNames({ host, names = [] }: ListenerConfig, machine: string): HostName[] {
  if (isSocketFolder(host)) return [];
  const own = isLoopback(host) ? [] : [host, machine];
  return [...new Set([...own, ...names].map(canonical))].filter((name) => isCertifiable(name));
}

/** True for what can stand in a certificate: an address, or a DNS name of letters, digits and hyphens. */
export function isCertifiable(name: string): boolean {
  if (wildcards.includes(name)) return false;
  return (
    isIP(name) !== 0 || (name.length <= 253 && /^(?!\d+(\.\d+)*$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.?)+$/i.test(name))
  );
}

/** One spelling for each: lower case, addresses in their shortest form, no zone, no dot at the end. */
function canonical(name: string): HostName {
  const plain = name.toLowerCase().replace(/%.*$/, '').replace(/\.$/, '');
  return isIPv6(plain) ? new URL(`http://[${plain}]`).hostname.slice(1, -1) : plain;
}
