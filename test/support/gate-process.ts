import { createGateway } from '../../src/gateway/gateway.ts';
import type { GatewayOptions } from '../../src/gateway/types.ts';

/** What `gate-process` is told by its parent: the options of a gate, and a password for each connection. */
export interface GateProcessOptions extends Omit<GatewayOptions, 'log'> {
  readonly passwords: Readonly<Record<string, string>>;
}

/** A gate in a process of its own, so that a test can kill it. Tells its parent the port. */
process.once('message', async ({ passwords, ...options }: GateProcessOptions) => {
  const gateway = await createGateway({ ...options, log: () => undefined });
  for (const [connection, password] of Object.entries(passwords)) gateway.credentials.supply(connection, password);
  const [address] = await gateway.start();
  process.send?.(address?.port);
});
