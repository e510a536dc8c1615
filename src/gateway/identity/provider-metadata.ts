import { type IdentityProvider, providerUrl } from '../../contract/index.ts';
import type { FetchJson } from './fetch-json.ts';

export type ProviderMetadata = Readonly<Record<string, unknown>>;

/** Where the metadata of an issuer is (OpenID Connect Discovery 1.0, section 4). */
export const metadataUrl = (issuer: string): string => `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;

/**
 * Reads the metadata of a provider (OpenID Connect Discovery 1.0, sections 4.1 and 4.3): they must be of the issuer that was
 * asked for, letter by letter. Rejects with an Error whose message says why not.
 */
export async function readMetadata(
  { issuer }: Pick<IdentityProvider, 'issuer'>,
  fetchJson: FetchJson,
): Promise<ProviderMetadata> {
  const metadata = await fetchJson(metadataUrl(issuer));
  if (metadata.issuer !== issuer) {
    throw new Error(`its metadata is of the issuer ${JSON.stringify(metadata.issuer)?.slice(0, 200)}`);
  }
  return metadata;
}

/** The address of the keys in the metadata. Throws an Error that says what is wrong with it. */
export function keysUrl(metadata: ProviderMetadata): string {
  const uri = providerUrl.safeParse(metadata.jwks_uri);
  if (!uri.success) throw new Error(`its jwks_uri ${uri.error.issues[0]?.message ?? 'cannot be used'}`);
  return uri.data;
}
