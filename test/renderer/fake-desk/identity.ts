import {
  DeskError,
  type Emit,
  type Handlers,
  type IdentityProviderView,
  identityProvider,
  type SignInState,
  type TokenRequest,
} from '../../../src/contract/index.ts';

const signedOut: SignInState = { state: 'signed_out', why: null };

export const acme = identityProvider.parse({
  name: 'acme',
  issuer: 'https://login.acme.example/realms/main',
  audience: 'https://postern.acme.example/shop',
  grants: [
    { groups: ['dba'], connections: ['shop'] },
    {
      groups: ['engineers', 'CN=Data,OU=Teams,DC=acme'],
      clients: ['claude-code'],
      connections: ['shop', 'shop-staging'],
      scope: { readOnly: true, schemas: ['public', 'sales_*'] },
    },
  ],
  client: { clientId: 'postern', parameters: { resource: 'https://postern.acme.example/shop' } },
});

const partner = identityProvider.parse({
  name: 'partner',
  issuer: 'https://id.partner.example',
  audience: 'postern',
  tokenType: 'any',
  groupsClaim: 'realm_access.roles',
  grants: [{ subjects: ['7f3c'], connections: ['demo'] }],
});

const signedIn = (now: number): SignInState => ({
  state: 'signed_in',
  subject: 'acme:ada',
  agent: 'acme:postern',
  groups: ['engineers', 'dba'],
  connections: ['shop', 'shop-staging'],
  since: now - 1_500_000,
  kept: 'memory',
  endsAt: null,
});

const asked = (now: number): TokenRequest => ({
  id: 't-1',
  code: 'K7QM',
  connection: 'shop',
  provider: 'acme',
  subject: 'acme:ada',
  otherConnections: ['shop-staging'],
  askedAt: now - 20_000,
  deadlineAt: now + 100_000,
});

export interface FakeIdentity {
  readonly handlers: Pick<Handlers, Extract<keyof Handlers, `identity.${string}`>>;
  /** What came in at `identity.answerRequest`. */
  readonly answers: { id: string; give: boolean }[];
  /** Puts a sign-in into a state and tells the page. */
  setSignIn(provider: string, state: SignInState): void;
}

/** Identity providers without a provider. `asking` has a program that waits for a token. */
export function fakeIdentity(
  now: number,
  emit: () => Emit,
  options: { readonly empty: boolean; readonly asking: boolean; readonly keychain: boolean },
): FakeIdentity {
  const views = new Map<string, IdentityProviderView>(
    options.empty
      ? []
      : [
          ['acme', { config: acme, signIn: options.asking ? signedIn(now) : signedOut }],
          [
            'partner',
            { config: partner, signIn: { state: 'impossible', why: 'partner has no client to sign in with.' } },
          ],
        ],
  );
  let requests = options.asking ? [asked(now)] : [];
  const answers: FakeIdentity['answers'] = [];
  const changed = (): void => emit()('identity.changed', {});
  const known = (name: string): IdentityProviderView => {
    const view = views.get(name);
    if (view === undefined) throw new DeskError('unknown_provider', `There is no ${name}.`);
    return view;
  };
  const set = (name: string, signIn: SignInState): IdentityProviderView => {
    const view = { ...known(name), signIn };
    views.set(name, view);
    changed();
    return view;
  };
  return {
    answers,
    setSignIn: set,
    handlers: {
      'identity.list': async () => ({
        providers: [...views.values()],
        keychain: options.keychain
          ? { available: true, name: 'gnome_libsecret' }
          : { available: false, why: 'Only the desktop app can use the system’s keychain.' },
        requests,
      }),
      'identity.save': async (config) => {
        const view = { config, signIn: signedOut };
        views.set(config.name, view);
        changed();
        return view;
      },
      'identity.remove': async ({ provider }) => {
        views.delete(provider);
        changed();
        return {};
      },
      'identity.test': async ({ issuer }) => ({
        ok: true,
        steps: [
          {
            name: 'Read the metadata',
            ok: true,
            detail: `${issuer}/.well-known/openid-configuration is of this issuer`,
          },
          {
            name: 'Read the keys',
            ok: true,
            detail: `${issuer}/keys has 2, of which 1 can sign tokens that are taken`,
          },
          { name: 'Get tokens', ok: true, detail: 'authorization_code is offered; a sign-in can renew itself' },
        ],
        keys: [
          { id: '2026-10', type: 'EC P-256', usable: true, detail: 'signs with ES256' },
          { id: 'enc-1', type: 'RSA', usable: false, detail: 'for "enc", not for signatures' },
        ],
      }),
      'identity.tryToken': async ({ token }) => {
        const claims = [
          { name: 'alg', value: 'ES256' },
          { name: 'typ', value: 'at+jwt' },
          { name: 'iss', value: acme.issuer },
          { name: 'aud', value: acme.audience },
          { name: 'sub', value: 'ada' },
          { name: 'groups', value: '["engineers"]' },
          { name: 'exp', value: new Date(now + 480_000).toISOString() },
        ];
        if (token.includes('expired'))
          return { refusal: 'the token expired at 2026-11-28T11:58:03.000Z', claims, identity: null };
        return {
          refusal: null,
          claims,
          identity: {
            ...{ provider: 'acme', agent: 'acme:claude-code', subject: 'acme:ada', groups: ['engineers'] },
            expiresAt: now + 480_000,
            connections: [{ name: 'shop', grant: 2, scope: { readOnly: true, schemas: ['public', 'sales_*'] } }],
          },
        };
      },
      'identity.signIn': async ({ provider, flow }) =>
        set(provider, {
          state: 'waiting',
          url: 'https://login.acme.example/realms/main/auth?client_id=postern&state=Xb2',
          userCode: flow === 'device_code' ? 'WDJB-MJHT' : null,
          opened: false,
          deadlineAt: Date.now() + 300_000,
        }),
      'identity.cancelSignIn': async ({ provider }) => set(provider, signedOut),
      'identity.signOut': async ({ provider }) => ({
        view: set(provider, signedOut),
        note: 'Postern has forgotten the sign-in, but acme was not told: it has no revocation endpoint.',
      }),
      'identity.answerRequest': async (input) => {
        answers.push(input);
        requests = requests.filter(({ id }) => id !== input.id);
        changed();
        return {};
      },
    },
  };
}
