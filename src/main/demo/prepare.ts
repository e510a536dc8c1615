import { join } from 'node:path';
import type { ConnectionConfig } from '../../contract/index.ts';
import { type AgentRecord, createAgentKey, hashAgentKey } from '../../gateway/identity/agent-keys.ts';
import { demoConnectionName } from '../desk/settings-file.ts';
import { demoConnection } from './connection.ts';
import { startDemoDatabase } from './database.ts';

/** The agent of the demo. Its key is new at every start, so that none needs to be kept. */
export const demoAgentName = 'demo-agent';

export interface DemoSetup {
  readonly connection: ConnectionConfig;
  readonly agent: AgentRecord;
  /** The agent's key in clear, for the addresses that are shown. */
  readonly key: string;
  /** The upstream password, for the gate's memory. */
  readonly password: string;
  /** Port of the database itself. */
  readonly port: number;
  stop(): Promise<void>;
}

export interface PrepareDemoOptions {
  readonly folder: string;
  readonly resources: string;
  readonly progress: (what: string) => void;
}

/** Starts the demo database and says how gate and agent reach it. Rejects with DeskError `demo_database_failed`. */
export async function prepareDemo({ folder, resources, progress }: PrepareDemoOptions): Promise<DemoSetup> {
  const database = await startDemoDatabase({ folder, seedFolder: join(resources, 'demo'), progress });
  const key = createAgentKey();
  return {
    connection: demoConnection(database.port),
    agent: {
      name: demoAgentName,
      keyHash: hashAgentKey(key),
      connections: [demoConnectionName],
      createdAt: Date.now(),
      revokedAt: null,
    },
    key,
    password: database.password,
    port: database.port,
    stop: database.stop,
  };
}
