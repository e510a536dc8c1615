import { z } from 'zod';
import { environment, identifier, instant } from './common.ts';
import { maskRule } from './masking.ts';
import { budgets, policyPreset, policyRule } from './policy.ts';

/** libpq's sslmode, with its meanings (PostgreSQL manual, "SSL Mode Descriptions"). */
export const sslMode = z.enum(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']);
export type SslMode = z.infer<typeof sslMode>;

/** Where the upstream password comes from. It is held in memory only, whatever the source. */
export const credentialSource = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('none') }),
  z.strictObject({ from: z.literal('prompt') }),
  z.strictObject({ from: z.literal('environment'), variable: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) }),
  z.strictObject({
    from: z.literal('command'),
    /** Program and arguments, run without a shell; the password is its standard output less the last line break. */
    command: z.array(z.string().min(1)).min(1),
  }),
]);
export type CredentialSource = z.infer<typeof credentialSource>;

/** Methods the upstream may ask for, as in libpq's require_auth. */
export const authMethod = z.enum(['none', 'password', 'md5', 'scram-sha-256']);
export type AuthMethod = z.infer<typeof authMethod>;

export const connectionConfig = z.strictObject({
  name: identifier,
  upstream: z.strictObject({
    host: z.string().min(1),
    port: z.number().int().min(1).max(65535).default(5432),
    database: z.string().min(1).max(63),
    user: z.string().min(1).max(63),
    sslmode: sslMode.default('prefer'),
    /** PEM file with the certificate authorities to trust; the system's when absent. */
    sslrootcert: z.string().optional(),
    requireAuth: z.array(authMethod).min(1).default(['scram-sha-256']),
    credential: credentialSource.default({ from: 'prompt' }),
  }),
  environment: environment.default('production'),
  policy: policyPreset.default('production'),
  /** Asked in order before the rules of the preset. */
  policyRules: z.array(policyRule).max(500).default([]),
  budgets: budgets.optional(),
  /** Forward whatever database name the agent asks for, instead of `upstream.database`. */
  anyDatabase: z.boolean().default(false),
  /** Log in upstream as whatever user the agent names, instead of `upstream.user`. */
  anyUser: z.boolean().default(false),
  /**
   * Keep an open transaction alive while a statement in it waits for approval, past idle_in_transaction_session_timeout. Its
   * locks stay, too.
   */
  keepTransactionsWhileHeld: z.boolean().default(false),
  maskRules: z.array(maskRule).default([]),
});
export type ConnectionConfig = z.infer<typeof connectionConfig>;

/** What an agent is given to connect: everything but the key, which is shown once when it is made. */
export const agentAddress = z.object({
  connection: z.string(),
  /** A name or address, or the folder of a Unix socket. */
  host: z.string(),
  port: z.number().int(),
  database: z.string(),
  user: z.string(),
  /** `<key>` stands where the agent key goes, unless the key is still known to this process (demo, just created). */
  url: z.string(),
  psql: z.string(),
  claude: z.string(),
});
export type AgentAddress = z.infer<typeof agentAddress>;

export const connectionView = z.object({
  config: connectionConfig,
  credential: z.enum(['ready', 'needed', 'none']),
  liveSessions: z.number().int(),
  addresses: z.array(agentAddress),
});
export type ConnectionView = z.infer<typeof connectionView>;

/** The result of opening the upstream once. `steps` says how far it came, in order. */
export const connectionTest = z.object({
  ok: z.boolean(),
  steps: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  serverVersion: z.string().nullable(),
  encrypted: z.boolean().nullable(),
});
export type ConnectionTest = z.infer<typeof connectionTest>;

export const agentView = z.object({
  name: identifier,
  /** First eight hex digits of the key's hash: enough to tell keys apart. */
  fingerprint: z.string(),
  connections: z.array(z.string()),
  createdAt: instant,
  revokedAt: instant.nullable(),
  lastSeenAt: instant.nullable(),
});
export type AgentView = z.infer<typeof agentView>;
