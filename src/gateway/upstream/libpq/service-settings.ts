import { authMethod, channelBinding, type ServiceSettings, sslMode, sslNegotiation } from '../../../contract/index.ts';
import type { ServiceEntries } from './service-file.ts';

/** What a service says of where it leads and how it is protected; never its password. */
export interface ReadService {
  readonly settings: ServiceSettings;
  readonly unsupported: readonly string[];
}

/** Keywords that may be left out: the agent's own start-up says these, or they belong to the password. */
const leftOut: ReadonlySet<string> = new Set([
  ...['password', 'passfile', 'application_name', 'fallback_application_name', 'client_encoding', 'options'],
  ...[
    'connect_timeout',
    'keepalives',
    'keepalives_idle',
    'keepalives_interval',
    'keepalives_count',
    'tcp_user_timeout',
  ],
  ...['sslcompression', 'sslsni', 'sslcertmode', 'gssdelegation', 'gssencmode', 'replication'],
]);

/** Translates libpq's keywords (manual, "Parameter Key Words"). A value that cannot be read makes its keyword unsupported. */
export function serviceSettings(entries: ServiceEntries): ReadService {
  const unsupported: string[] = [];
  const settings: ServiceSettings = {};
  for (const [keyword, value] of entries) {
    const read = leftOut.has(keyword) || value === '' ? {} : translated(keyword, value);
    if (read === null) unsupported.push(keyword);
    else Object.assign(settings, read);
  }
  return { settings, unsupported };
}

/** The settings with what libpq fills in: this machine, port 5432, and the user's name as the database. */
export function withDefaults(settings: ServiceSettings): ServiceSettings {
  const { user } = settings;
  return { host: 'localhost', port: 5432, ...(user !== undefined && { database: user }), ...settings };
}

function translated(keyword: string, value: string): ServiceSettings | null {
  switch (keyword) {
    case 'host':
      return value.includes(',') ? null : { host: value };
    case 'port':
      return /^[1-9]\d{0,4}$/.test(value) && Number(value) <= 65_535 ? { port: Number(value) } : null;
    case 'dbname':
      return { database: value };
    case 'user':
      return { user: value };
    case 'sslrootcert':
      return { sslrootcert: value };
    case 'sslcert':
      return { sslcert: value };
    case 'sslkey':
      return { sslkey: value };
    case 'sslmode': {
      const { data } = sslMode.safeParse(value);
      return data === undefined ? null : { sslmode: data };
    }
    case 'sslnegotiation': {
      const { data } = sslNegotiation.safeParse(value);
      return data === undefined ? null : { sslnegotiation: data };
    }
    case 'channel_binding': {
      const { data } = channelBinding.safeParse(value);
      return data === undefined ? null : { channelBinding: data };
    }
    case 'require_auth': {
      const { data } = authMethod.array().safeParse(value.split(','));
      return data === undefined ? null : { requireAuth: data };
    }
    default:
      return null;
  }
}
