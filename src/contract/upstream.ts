import { z } from 'zod';

/** libpq's sslmode, with its meanings (PostgreSQL manual, "SSL Mode Descriptions"). */
export const sslMode = z.enum(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']);
export type SslMode = z.infer<typeof sslMode>;

/** libpq's sslnegotiation: ask for TLS in the clear first, or begin with it, which only PostgreSQL 17 and newer understand. */
export const sslNegotiation = z.enum(['postgres', 'direct']);
export type SslNegotiation = z.infer<typeof sslNegotiation>;

/** libpq's channel_binding: whether a log-in that is not bound to its TLS channel is refused. */
export const channelBinding = z.enum(['prefer', 'require', 'disable']);
export type ChannelBindingMode = z.infer<typeof channelBinding>;

const fromEnvironment = z.strictObject({
  from: z.literal('environment'),
  variable: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
});

/** A field of a JSON object, or of objects in it: names with dots between them. */
const fieldPath = z.string().regex(/^[^.\s]+(\.[^.\s]+)*$/, 'names of fields with dots between them');
const fromCommand = z
  .strictObject({
    from: z.literal('command'),
    /** Program and arguments, run without a shell; the secret is its standard output less the last line break. */
    command: z.array(z.string().min(1)).min(1),
    /** How long an output is used, in seconds; 300 when absent, or until its expiry where `expiryField` tells it. */
    refreshSeconds: z.number().int().min(1).max(86_400).optional(),
    /** The output is a JSON object, and the secret is the text in this field. */
    field: fieldPath.optional(),
    /** When the secret expires: seconds since the epoch, or ISO 8601 with an offset. The command is run again before. */
    expiryField: fieldPath.optional(),
  })
  .refine(({ field, expiryField }) => expiryField === undefined || field !== undefined, {
    path: ['expiryField'],
    message: 'is of JSON output: name the field of the secret as well',
  });
export type CommandSource = z.infer<typeof fromCommand>;

const file = z.string().min(1).max(4096);

/** Where the upstream password comes from. It is held in memory only, whatever the source. */
export const credentialSource = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('none') }),
  z.strictObject({ from: z.literal('prompt') }),
  fromEnvironment,
  fromCommand,
  /** libpq's password file; `PGPASSFILE`, or else `~/.pgpass`, when no file is given. Read at each log-in. */
  z.strictObject({ from: z.literal('pgpass'), file: file.optional() }),
  /**
   * The password of a libpq service, or else of the password file: sent only while the service leads to this host, port
   * and user. Without a file: `PGSERVICEFILE`, or else `~/.pg_service.conf`; then the system's.
   */
  z.strictObject({ from: z.literal('service'), service: z.string().min(1).max(200), file: file.optional() }),
]);
export type CredentialSource = z.infer<typeof credentialSource>;

/** Where the passphrase of an encrypted private key comes from. It stands in no file of ours. */
export const passphraseSource = z.discriminatedUnion('from', [fromEnvironment, fromCommand]);
export type PassphraseSource = z.infer<typeof passphraseSource>;

/** Methods the upstream may ask for, as in libpq's require_auth. */
export const authMethod = z.enum(['none', 'password', 'md5', 'scram-sha-256']);
export type AuthMethod = z.infer<typeof authMethod>;

/** True when what is sent to this host does not leave the machine: a loopback address, `localhost`, or the folder of a Unix socket. */
export function staysOnThisMachine(host: string): boolean {
  return (
    host.startsWith('/') ||
    /^localhost\.?$/i.test(host) ||
    /^127(\.\d{1,3}){3}$/.test(host) ||
    /^(::|(0+:){7})0*1$/.test(host)
  );
}

/** sslmode where none is given: over a network nothing less than a server whose certificate and name were checked. */
export const defaultSslMode = (host: string): SslMode => (staysOnThisMachine(host) ? 'prefer' : 'verify-full');

/** What a passer-by on the network can do with this sslmode, in words; null when nothing, or when there is no network. */
export function sslWarning({
  host,
  sslmode,
  sslrootcert,
}: {
  readonly host: string;
  readonly sslmode: SslMode;
  readonly sslrootcert?: string | undefined;
}): string | null {
  if (staysOnThisMachine(host)) return null;
  switch (sslmode) {
    case 'disable':
    case 'allow':
    case 'prefer':
      return `sslmode ${sslmode} may send everything unencrypted over the network. Use verify-full.`;
    case 'require':
      if (sslrootcert !== undefined) return null; // the certificate is then checked, as by libpq
      return 'sslmode require encrypts, but to whoever answers: the certificate is not checked. Use verify-full.';
    case 'verify-ca':
    case 'verify-full':
      return null;
  }
}

/** A libpq service as the connection form takes it over: what it leads to, never its password. */
export const serviceView = z.object({
  service: z.string(),
  file: z.string(),
  settings: z
    .object({
      host: z.string(),
      port: z.number().int(),
      database: z.string(),
      user: z.string(),
      sslmode: sslMode,
      sslnegotiation: sslNegotiation,
      sslrootcert: z.string(),
      sslcert: z.string(),
      sslkey: z.string(),
      channelBinding,
      requireAuth: z.array(authMethod),
    })
    .partial(),
  /** Keywords that change where it leads or how it is protected, in a way that Postern cannot follow. */
  unsupported: z.array(z.string()),
  /** Why it cannot be used; null when it can. */
  problem: z.string().nullable(),
});
export type ServiceView = z.infer<typeof serviceView>;
export type ServiceSettings = ServiceView['settings'];

/** How to reach and log in to the database behind a connection. */
export const upstreamConfig = z
  .strictObject({
    /** A name, an address, or the folder of a Unix socket. */
    host: z.string().min(1),
    port: z.number().int().min(1).max(65535).default(5432),
    database: z.string().min(1).max(63),
    user: z.string().min(1).max(63),
    /** By default as `defaultSslMode` says. */
    sslmode: sslMode.optional(),
    sslnegotiation: sslNegotiation.default('postgres'),
    /** PEM file with the certificate authorities to trust; the system's when absent. */
    sslrootcert: z.string().optional(),
    /** PEM file with the client's certificate, its chain behind it. */
    sslcert: z.string().min(1).optional(),
    /** PEM file with the private key of `sslcert`, readable by its owner only. */
    sslkey: z.string().min(1).optional(),
    sslkeyPassphrase: passphraseSource.optional(),
    channelBinding: channelBinding.default('prefer'),
    requireAuth: z.array(authMethod).min(1).default(['scram-sha-256']),
    credential: credentialSource.default({ from: 'prompt' }),
  })
  .transform((upstream) => ({ ...upstream, sslmode: upstream.sslmode ?? defaultSslMode(upstream.host) }))
  .superRefine(({ sslcert, sslkey, sslkeyPassphrase, sslmode, sslnegotiation }, context) => {
    const wrong = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (sslcert !== undefined && sslkey === undefined) wrong('sslkey', 'the certificate needs its private key');
    if (sslcert === undefined && sslkey !== undefined) wrong('sslcert', 'the private key needs its certificate');
    if (sslkeyPassphrase !== undefined && sslkey === undefined) wrong('sslkeyPassphrase', 'there is no private key');
    if (sslnegotiation === 'direct' && ['disable', 'allow', 'prefer'].includes(sslmode)) {
      wrong('sslnegotiation', 'direct needs an sslmode of require, verify-ca or verify-full');
    }
  });
export type UpstreamConfig = z.infer<typeof upstreamConfig>;
