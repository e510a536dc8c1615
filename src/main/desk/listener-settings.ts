import { z } from 'zod';
import { tlsMode } from '../../contract/index.ts';
import { listenerFault } from '../../gateway/door/host.ts';
import { isCertifiable } from '../../gateway/door/names.ts';

const port = z.number().int().min(0).max(65535);

/** Where agents knock, as settings and configuration files have it; docs/configuration.md explains each field. */
export const listenerSettings = z.strictObject({
  host: z.string().min(1),
  port,
  tls: tlsMode.optional(),
  names: z.array(z.string().refine(isCertifiable, 'must be a DNS name or an address')).optional(),
  allowedUsers: z
    .union(
      [z.enum(['own', 'any']), z.array(z.number().int().min(0)).min(1)],
      'must be "own", "any" or a list of user ids',
    )
    .optional(),
});

/** What is wrong with a listener as a whole: a sentence that begins with the field, or null. */
export function listenerProblem(listener: z.infer<typeof listenerSettings>): string | null {
  const fault = listenerFault(listener);
  return fault === null ? null : `${listener.host.startsWith('/') ? 'host' : 'tls'}: ${fault}`;
}
