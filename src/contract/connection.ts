import { z } from 'zod';
import { assertNever, environment, identifier, instant } from './common.ts';
import { detectorSettings } from './detectors.ts';
import { maskRule } from './masking.ts';
import { budgets, patterns, policyPreset, policyRule, scope } from './policy.ts';
import { tokenAddress } from './sign-in.ts';
import { upstreamConfig } from './upstream.ts';

/** As whom sessions run on the server. */
export const sessionRole = z.discriminatedUnion('kind', [
  /** All of them as the account of the connection. */
  z.strictObject({ kind: z.literal('configured') }),
  /** Each as a role of its own, made by that account when the session begins and removed when it ends. */
  z.strictObject({
    kind: z.literal('just_in_time'),
    /** Schemas (patterns) whose tables it may read and, unless it only reads, change. */
    schemas: patterns.default(['*']),
    /** Roles that it becomes a member of, besides: those that own what the account may not grant, for instance. */
    memberOf: z
      .array(
        z
          .string()
          .min(1)
          .max(63)
          .refine((name) => !name.startsWith('pg_'), 'roles of the server give too much'),
      )
      .max(20)
      .default([]),
    statementTimeoutSeconds: z.number().int().min(1).max(86_400).optional(),
    lockTimeoutSeconds: z.number().int().min(1).max(86_400).optional(),
    /**
     * Which columns the role is not granted: those that a rule withholds, or every masked one. With the latter a mistake in
     * masking shows nothing, and whatever names a masked column (`SELECT *` too) fails instead of being masked.
     */
    fence: z.enum(['withheld', 'masked']).default('withheld'),
  }),
  /**
   * Log in as the account and become this role at once, where the account may not make roles. The account's own rights are
   * one SET ROLE away: the gate refuses that, and the server does not.
   */
  z.strictObject({
    kind: z.literal('set_role'),
    role: z
      .string()
      .min(1)
      .max(63)
      .refine((name) => name.toLowerCase() !== 'none', 'NONE is no role'),
  }),
]);
export type SessionRoleConfig = z.infer<typeof sessionRole>;

/** How agents prove who they are. `oauthbearer`: by an access token only, which clients with libpq 18 get by themselves. */
export const authenticationMethod = z.enum(['password', 'oauthbearer']);
/** As whom the sessions of a connection run, and how far that goes, for the operator. */
export function sessionsRunAs({ upstream: { user }, sessionRole: role }: ConnectionConfig): string {
  switch (role.kind) {
    case 'configured':
      return `Every session runs as ${user}, with all of its rights. Only Postern stands between the agent and these.`;
    case 'set_role':
      return `Every session logs in as ${user} and becomes ${role.role} at once. The database holds it to that role’s rights for as long as nothing undoes SET ROLE, which Postern refuses.`;
    case 'just_in_time': {
      const columns =
        role.fence === 'masked' ? 'every masked column is out of its reach' : 'withheld columns are out of its reach';
      return `Every session logs in as a role of its own, made by ${user} and removed afterwards. The database itself holds it to its grants; ${columns}.`;
    }
    default:
      return assertNever(role);
  }
}

/** Something that every role of the database may do, and so that of a session, whatever it is granted. */
export const fenceFinding = z.object({
  code: z.enum([
    /** A column that is to be withheld can be read by everybody. */
    'public_withheld',
    'public_relation',
    'security_definer',
    'public_create',
    'public_temp',
  ]),
  object: z.string(),
  message: z.string(),
  hint: z.string(),
});
export type FenceFinding = z.infer<typeof fenceFinding>;

export const connectionConfig = z
  .strictObject({
    name: identifier,
    upstream: upstreamConfig,
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
    /** Values that one session may compare masked columns of level `equality` with, before it is asked about. */
    maskedComparisons: z.number().int().min(0).max(100_000).default(20),
    /** `password`: an agent key or an access token, as the password. */
    authentication: authenticationMethod.default('password'),
    /** What is done about personal data in columns that no mask rule names. */
    detectors: detectorSettings.default({ action: 'report', overrides: {} }),
    sessionRole: sessionRole.default({ kind: 'configured' }),
  })
  .refine(({ anyUser, sessionRole: { kind } }) => !anyUser || kind === 'configured', {
    path: ['sessionRole'],
    message: 'a role other than the account cannot be the user that the agent names (anyUser)',
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

/** What an account may do on its server beyond what it was granted. */
export const upstreamAccount = z.object({
  role: z.string(),
  superuser: z.boolean(),
  createRole: z.boolean(),
  replication: z.boolean(),
  bypassesRowSecurity: z.boolean(),
  ownsDatabase: z.boolean(),
  /** Tables and views of users that are its own, or of a role that it is a member of. */
  ownedRelations: z.number().int(),
  /** Predefined roles that it is a member of and that reach further than one database's grants. */
  powerfulRoles: z.array(z.string()),
});
export type UpstreamAccount = z.infer<typeof upstreamAccount>;

/**
 * Why an account can do more than a proxy can hold back, as a clause behind its name; null when it cannot. A role of its own
 * for each session has none of it: `session` is then not the account.
 */
export function tooMighty(account: UpstreamAccount): string | null {
  const { superuser, replication, ownsDatabase, ownedRelations, powerfulRoles } = account;
  if (superuser) return 'is a superuser';
  if (powerfulRoles.some((name) => /^pg_(execute|read_server|write_server)/.test(name))) {
    return `reaches the server’s files and programs (${powerfulRoles.join(', ')})`;
  }
  if (replication) return 'may read everything by replication';
  if (ownsDatabase) return 'owns the database';
  if (ownedRelations > 0)
    return `owns ${ownedRelations === 1 ? 'a table or view' : `${ownedRelations} tables and views`}`;
  return null;
}

export const connectionView = z.object({
  config: connectionConfig,
  credential: z.enum(['ready', 'needed', 'none']),
  liveSessions: z.number().int(),
  addresses: z.array(agentAddress),
  /** Why the database that was reached last may be the wrong one: statements are held until it is accepted. */
  targetDoubt: z.string().nullable(),
  /** Lines for whoever has no key but may get a token from a provider that grants this connection. */
  tokenAddresses: z.array(tokenAddress),
  /** What the last test found of its account; null when none was made since Postern started. */
  account: upstreamAccount.nullable(),
  /** See `sessionsRunAs`. */
  runsAs: z.string(),
});
export type ConnectionView = z.infer<typeof connectionView>;

/** The result of opening the upstream once. `steps` says how far it came, in order. */
export const connectionTest = z.object({
  ok: z.boolean(),
  steps: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  serverVersion: z.string().nullable(),
  encrypted: z.boolean().nullable(),
  /** Null when it did not come so far. */
  account: upstreamAccount.nullable(),
  /** What no grant can keep from a role made for a session; absent where sessions get none, or it could not be read. */
  fence: z.array(fenceFinding).optional(),
});
export type ConnectionTest = z.infer<typeof connectionTest>;

/** Groups of an agent key: names that rules match, as they match the groups of a token. */
export const agentGroups = z.array(z.string().min(1).max(200)).max(50);

export const agentView = z.object({
  name: identifier,
  /** First eight hex digits of the key's hash: enough to tell keys apart. */
  fingerprint: z.string(),
  connections: z.array(z.string()),
  createdAt: instant,
  revokedAt: instant.nullable(),
  lastSeenAt: instant.nullable(),
  /** What it may do at most; null when nothing but its connections bounds it. */
  scope: scope.nullable(),
  groups: z.array(z.string()),
  /** Keys that were replaced, the newest first; `until` says until when each is or was good. */
  formerKeys: z.array(z.object({ fingerprint: z.string(), until: instant })),
});
export type AgentView = z.infer<typeof agentView>;
