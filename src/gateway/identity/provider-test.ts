import { type IdentityProvider, messageOf, type ProviderTest, type TokenClient } from '../../contract/index.ts';
import type { FetchJson } from './fetch-json.ts';
import { keysUrl, metadataUrl, type ProviderMetadata, readMetadata } from './provider-metadata.ts';

type Step = ProviderTest['steps'][number];
type FoundKey = ProviderTest['keys'][number];

const names = { metadata: 'Read the metadata', keys: 'Read the keys', client: 'Get tokens' } as const;

/** Which algorithms of RFC 7518 and RFC 8037 a type of key can make. */
const algorithmsOf: Readonly<Record<string, readonly string[]>> = {
  RSA: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  'EC P-256': ['ES256'],
  'EC P-384': ['ES384'],
  'EC P-521': ['ES512'],
  'OKP Ed25519': ['EdDSA', 'Ed25519'],
};

/**
 * Asks a provider what the gate would ask it, and says what was found; the last step is the one that failed. Never rejects,
 * and keeps nothing.
 */
export async function testProvider(provider: IdentityProvider, fetchJson: FetchJson): Promise<ProviderTest> {
  const steps: Step[] = [];
  let current: string = names.metadata;
  let keys: FoundKey[] = [];
  try {
    const metadata = await readMetadata(provider, fetchJson).catch((error: unknown) => {
      // With an address of its own for the keys, the gate itself needs no metadata.
      if (provider.jwksUri === undefined) throw error;
      steps.push({ name: names.metadata, ok: false, detail: `${messageOf(error)}; not needed for the keys` });
      return null;
    });
    if (metadata !== null) steps.push(passed(names.metadata, `${metadataUrl(provider.issuer)} is of this issuer`));
    current = names.keys;
    const url = provider.jwksUri ?? keysUrl(metadata ?? {});
    keys = keysIn(await fetchJson(url), provider);
    steps.push(passed(names.keys, keysWords(url, keys)));
    current = names.client;
    if (provider.client !== undefined && metadata !== null) {
      steps.push(passed(names.client, clientWords(metadata, provider.client)));
    }
    return { ok: true, steps, keys };
  } catch (error) {
    return { ok: false, steps: [...steps, { name: current, ok: false, detail: messageOf(error) }], keys };
  }
}

const passed = (name: string, detail: string): Step => ({ name, ok: true, detail });

function keysIn(answer: Readonly<Record<string, unknown>>, { algorithms }: IdentityProvider): FoundKey[] {
  if (!Array.isArray(answer.keys)) throw new Error('its key set holds no keys');
  return answer.keys.map((key: unknown): FoundKey => {
    const { kid, kty, crv, alg, use } = (typeof key === 'object' && key !== null ? key : {}) as Record<string, unknown>;
    const type = [kty, crv].filter((part) => typeof part === 'string').join(' ') || 'unknown';
    const found = { id: typeof kid === 'string' ? kid : null, type };
    if (use !== undefined && use !== 'sig') {
      return { ...found, usable: false, detail: `for ${JSON.stringify(use).slice(0, 40)}, not for signatures` };
    }
    const makes = typeof alg === 'string' ? [alg] : (algorithmsOf[type] ?? []);
    const taken = makes.filter((name) => algorithms.some((allowed) => allowed === name));
    if (taken.length > 0) return { ...found, usable: true, detail: `signs with ${taken.join(', ')}` };
    return {
      ...found,
      usable: false,
      detail: `signs with ${makes.join(', ') || 'nothing known'}, which is not allowed`,
    };
  });
}

function keysWords(url: string, keys: readonly FoundKey[]): string {
  const usable = keys.filter((key) => key.usable).length;
  if (usable === 0) throw new Error(`${url} has ${keys.length} keys, and none that signs with an allowed algorithm`);
  return `${url} has ${keys.length}, of which ${usable} can sign tokens that are taken`;
}

const grantTypes = {
  authorization_code: 'authorization_code',
  device_code: 'urn:ietf:params:oauth:grant-type:device_code',
  client_credentials: 'client_credentials',
} as const;

/** What the provider says of the way in which tokens are got. Throws an Error when that way cannot be gone. */
function clientWords(metadata: ProviderMetadata, { flow, exchange }: TokenClient): string {
  const has = (field: string): boolean => typeof metadata[field] === 'string';
  const lists = (field: string, value: string): boolean | null =>
    Array.isArray(metadata[field]) ? metadata[field].includes(value) : null;
  if (!has('token_endpoint')) throw new Error('the provider has no token endpoint');
  if (flow === 'authorization_code' && !has('authorization_endpoint')) {
    throw new Error('the provider has no authorization endpoint');
  }
  if (flow === 'device_code' && !has('device_authorization_endpoint')) {
    throw new Error('the provider has no device authorization endpoint');
  }
  if (lists('grant_types_supported', grantTypes[flow]) === false) {
    throw new Error(`the provider does not offer the flow ${flow}`);
  }
  const person = flow !== 'client_credentials';
  return [
    `${flow} is offered`,
    ...(flow === 'authorization_code' && lists('code_challenge_methods_supported', 'S256') === false
      ? ['Warning: it does not list PKCE with S256']
      : []),
    ...(exchange !== undefined &&
    lists('grant_types_supported', 'urn:ietf:params:oauth:grant-type:token-exchange') === false
      ? ['Warning: it does not list token exchange']
      : []),
    ...(person && lists('scopes_supported', 'offline_access') === true ? ['a sign-in can renew itself'] : []),
    ...(person && !has('revocation_endpoint') ? ['a sign-out cannot be told to it (no revocation endpoint)'] : []),
  ].join('; ');
}
