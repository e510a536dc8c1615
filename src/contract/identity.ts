import { z } from 'zod';
import { identifier } from './common.ts';
import { scope } from './policy.ts';
import { passphraseSource, staysOnThisMachine } from './upstream.ts';

/** Algorithms of signatures that a provider may sign with: asymmetric ones only (RFC 8725, 3.1 and 3.2). */
export const tokenAlgorithm = z.enum([
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]);
export type TokenAlgorithm = z.infer<typeof tokenAlgorithm>;

/** An address that keys or tokens come from: https, or http that does not leave this machine. */
export const providerUrl = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine((text) => !/[#@]/.test(text), 'must hold no user, password or fragment')
  .refine(
    (text) => URL.canParse(text) && (text.startsWith('https:') || staysOnThisMachine(hostOf(text))),
    'must be https; http only for this machine itself',
  );

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '');

const claimName = z.string().min(1).max(200);
/** Compared for equality, letter by letter. */
const claimValues = z.array(z.string().min(1).max(500)).min(1).max(200);

/** Who of a provider may use which connections. Each condition that is given must hold, by any of its values. */
export const tokenGrant = z
  .strictObject({
    groups: claimValues.optional(),
    /** Values of the subject claim. */
    subjects: claimValues.optional(),
    /** Values of the client claim: which programs. */
    clients: claimValues.optional(),
    connections: z.array(identifier).min(1),
    /** What they may do there at most, whatever the rules allow. */
    scope: scope.optional(),
  })
  .refine(({ groups, subjects, clients }) => (groups ?? subjects ?? clients) !== undefined, {
    message:
      'give groups, subjects or clients: a grant to everybody whom the provider knows is not made by leaving them out',
  });
export type TokenGrant = z.infer<typeof tokenGrant>;

/** How `postern token` gets an access token from a provider. */
export const tokenClient = z.strictObject({
  clientId: z.string().min(1).max(500),
  /** Of a confidential client; a public one, as for people at this machine, has none. */
  secret: passphraseSource.optional(),
  /** `authorization_code`: a person, in the browser. `device_code`: a person, on another device. `client_credentials`: a service account. */
  flow: z.enum(['authorization_code', 'device_code', 'client_credentials']).default('authorization_code'),
  /** Space-separated, as in RFC 6749, 3.3. */
  scope: z.string().max(2000).default('openid'),
  /** More parameters of the requests, such as `resource` (RFC 8707) or `audience`, that make the token one for the audience. */
  parameters: z.record(z.string().min(1).max(100), z.string().max(2000)).default({}),
  /** Port of the loopback redirect; any free one when absent (RFC 8252, 7.3). */
  redirectPort: z.number().int().min(1).max(65_535).optional(),
  /** Parameters of a token exchange (RFC 8693) that turns the person's token into the agent's on behalf of the person; none when absent. */
  exchange: z.record(z.string().min(1).max(100), z.string().max(2000)).optional(),
});
export type TokenClient = z.infer<typeof tokenClient>;

/** An OpenID provider whose access tokens are taken as passwords. */
export const identityProvider = z
  .strictObject({
    /** Stands before each subject and client of the provider: `name:subject`. */
    name: identifier.refine((name) => name !== 'key', 'is what agent keys are called'),
    /** Exactly as in the tokens and in the provider's metadata. */
    issuer: providerUrl,
    /** The one audience that a token may be for: a name that the provider gives this gate and nothing else. */
    audience: z.string().min(1).max(500),
    /** Where the keys are; read from the provider's metadata when absent. */
    jwksUri: providerUrl.optional(),
    algorithms: z.array(tokenAlgorithm).min(1).default(['RS256', 'PS256', 'ES256', 'EdDSA']),
    /** `at+jwt` as RFC 9068 asks; `any` for providers that do not mark access tokens: then only the audience tells them from ID tokens. */
    tokenType: z.enum(['at+jwt', 'any']).default('at+jwt'),
    clockSkewSeconds: z.number().int().min(0).max(60).default(30),
    /** A token that is valid longer than this from now is refused. */
    longestLifetimeSeconds: z.number().int().min(60).max(604_800).default(86_400),
    subjectClaim: claimName.default('sub'),
    groupsClaim: claimName.default('groups'),
    /** What tells the program; `azp` is looked at when it is absent. */
    clientClaim: claimName.default('client_id'),
    /** Keys that were read last are used for so long while the provider does not answer. */
    keysOutageHours: z.number().int().min(0).max(168).default(24),
    /** What becomes of a session when its token expires: ended once the running statement is done, or at once. */
    atExpiry: z.enum(['after_statement', 'at_once']).default('after_statement'),
    grants: z.array(tokenGrant).min(1).max(200),
    client: tokenClient.optional(),
  })
  .refine(({ clientClaim, subjectClaim }) => clientClaim !== subjectClaim, {
    path: ['clientClaim'],
    message: 'must be another claim than subjectClaim',
  });
export type IdentityProvider = z.infer<typeof identityProvider>;

/** Connections that ask for tokens which nobody may give, each as `path: problem`. */
export const authenticationProblems = (
  connections: readonly { readonly name: string; readonly authentication: string }[],
  providers: readonly IdentityProvider[],
): string[] =>
  connections.flatMap(({ name, authentication }, at) => {
    const granted = providers.some(({ grants }) => grants.some((grant) => grant.connections.includes(name)));
    return authentication !== 'oauthbearer' || granted
      ? []
      : [`connections[${at}].authentication: no identity provider grants ${name}, so nobody could connect`];
  });

/** References and names that the schema cannot check, each as `path: problem`. */
export function identityProviderProblems(
  providers: readonly IdentityProvider[],
  connections: readonly string[],
): string[] {
  return providers.flatMap(({ name, issuer, grants }, at) => [
    ...(providers.findIndex((other) => other.name === name) < at
      ? [`identityProviders[${at}].name: ${name} is already taken`]
      : []),
    ...(providers.findIndex((other) => other.issuer === issuer) < at
      ? [`identityProviders[${at}].issuer: ${issuer} has another entry already`]
      : []),
    ...grants.flatMap((grant, place) =>
      grant.connections.flatMap((wanted, index) =>
        connections.includes(wanted)
          ? []
          : [`identityProviders[${at}].grants[${place}].connections[${index}]: there is no connection named ${wanted}`],
      ),
    ),
  ]);
}
