import { z } from 'zod';
import { identifier } from '../common.ts';
import { connectionConfig, connectionTest, connectionView } from '../connection.ts';
import { serviceView } from '../upstream.ts';
import { connectionName, nothing } from './inputs.ts';

/** Databases that agents may reach. */
export const connectionCalls = {
  'connections.list': { input: nothing, output: z.array(connectionView) },
  /** The services of libpq's files on this machine, to fill a connection from. */
  'connections.services': { input: nothing, output: z.array(serviceView) },
  'connections.save': { input: connectionConfig, output: connectionView },
  'connections.remove': { input: connectionName, output: nothing },
  'connections.test': {
    /** Tests what is typed, before it is saved. The password is used once and forgotten. */
    input: z.object({ config: connectionConfig, password: z.string().max(65536).optional() }),
    output: connectionTest,
  },
  /** The database that a connection reaches now is the right one. */
  'connections.acceptTarget': { input: connectionName, output: connectionView },
  'connections.supplyCredential': {
    input: z.object({ connection: identifier, password: z.string().max(65536) }),
    output: connectionView,
  },
} as const;
