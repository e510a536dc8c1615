import { z } from 'zod';

/** A verdict of the policy on one statement. The order is by severity: the last of several wins. */
export const verdict = z.enum(['allow', 'ask', 'block', 'terminate']);
export type Verdict = z.infer<typeof verdict>;

/** What a connection is used for; the policy is stricter the closer it is to people's data. */
export const environment = z.enum(['production', 'staging', 'local']);
export type Environment = z.infer<typeof environment>;

/** What a statement would do. `unknown` is an effect of its own and is never harmless. */
export const effectKind = z.enum([
  'read',
  'insert',
  'update',
  'delete',
  'merge',
  'truncate',
  'ddl',
  'dcl',
  'copy_in',
  'copy_out',
  'copy_file',
  'copy_program',
  'procedural',
  'function_call',
  'session',
  'transaction',
  'cursor',
  'prepare',
  'execute',
  'explain',
  'lock',
  'listen',
  'notify',
  'large_object',
  'maintenance',
  'unknown',
]);
export type EffectKind = z.infer<typeof effectKind>;

/**
 * Whether a listener speaks TLS. `require` refuses a start-up in the clear before any password is asked for; `allow`
 * leaves it to the client; `off` answers every request for TLS with N.
 */
export const tlsMode = z.enum(['require', 'allow', 'off']);
export type TlsMode = z.infer<typeof tlsMode>;

/** Milliseconds since the epoch, UTC. */
export const instant = z.number().int().nonnegative();

/** Identifiers made by us: safe in file names, URLs and terminals. */
export const identifier = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, 'use letters, digits, "_", "." and "-" (128 at most)');

/** Returns never; a `switch` on a union ends with it so that a new member is a type error. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}

/** What an unknown thrown value says. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * `migration`: changes the schema and removes no rows. `sweep`: empties tables. `reset`: drops, empties and makes anew
 * what is in the schemas, and fills it.
 */
export const sequenceKind = z.enum(['migration', 'sweep', 'reset']);
export type SequenceKind = z.infer<typeof sequenceKind>;
