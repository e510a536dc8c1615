import {
  DeskError,
  type Emit,
  type Handlers,
  type IdentityProvider,
  type IdentityProviderView,
  identityProviderProblems,
} from '../../contract/index.ts';
import { testProvider } from '../../gateway/identity/provider-test.ts';
import { tryToken } from '../../gateway/identity/token-trial.ts';
import type { SettingsEditor } from './editor.ts';
import { withDeskErrors } from './errors.ts';
import type { DeskPorts } from './ports.ts';

type IdentityCalls = Extract<keyof Handlers, `identity.${string}`>;

/** Identity providers: whose tokens are taken, and the operator's own sign-in at them. No token leaves by any of these. */
export function identityHandlers(
  { signIns, tokenRequests, keychain, fetchJson, now, monotonic }: DeskPorts,
  editor: SettingsEditor,
  emit: Emit,
): Pick<Handlers, IdentityCalls> {
  const view = (config: IdentityProvider): IdentityProviderView => ({ config, signIn: signIns.state(config) });
  const known = (name: string): IdentityProvider => {
    const found = editor.current().identityProviders.find((provider) => provider.name === name);
    if (found === undefined) throw unknownProvider(name);
    return found;
  };
  const changed = (): void => {
    emit('identity.changed', {});
    emit('connections.changed', {});
  };
  /** What was signed in to is not what it is called any more. */
  const leave = async (before: IdentityProvider | undefined, after: IdentityProvider | null): Promise<void> => {
    if (before === undefined) return;
    const same = before.issuer === after?.issuer && before.client?.clientId === after?.client?.clientId;
    if (!same) await signIns.signOut(before);
  };
  return {
    'identity.list': async () => ({
      providers: editor.current().identityProviders.map(view),
      keychain: await keychain.state(),
      requests: tokenRequests.list(),
    }),

    'identity.save': async (provider) => {
      let before: IdentityProvider | undefined;
      await editor.edit((settings) => {
        before = settings.identityProviders.find(({ name }) => name === provider.name);
        const identityProviders =
          before === undefined
            ? [...settings.identityProviders, provider]
            : settings.identityProviders.map((one) => (one.name === provider.name ? provider : one));
        const names = settings.connections.map(({ name }) => name);
        const problems = identityProviderProblems(identityProviders, names);
        if (problems.length > 0) {
          throw new DeskError('identity_provider_invalid', problems.join('; '), 'Nothing was saved.');
        }
        return { ...settings, identityProviders };
      });
      await leave(before, provider);
      changed();
      return view(provider);
    },

    'identity.remove': async ({ provider }) => {
      const before = known(provider);
      await editor.edit((settings) => ({
        ...settings,
        identityProviders: settings.identityProviders.filter(({ name }) => name !== provider),
      }));
      await leave(before, null);
      changed();
      return {};
    },

    'identity.test': (provider) => testProvider(provider, fetchJson),

    'identity.tryToken': ({ token, as }) =>
      tryToken(token.trim(), {
        providers: as === undefined ? editor.current().identityProviders : [as],
        fetchJson,
        now: now(),
        monotonic,
      }),

    'identity.signIn': async ({ provider: name, flow, remember }) => {
      const provider = known(name);
      signIns.start(provider, { flow, remember });
      return view(provider);
    },

    'identity.cancelSignIn': async ({ provider: name }) => {
      signIns.cancel(name);
      return view(known(name));
    },

    'identity.signOut': async ({ provider: name }) => {
      const provider = known(name);
      const goesOn = await withDeskErrors(() => signIns.signOut(provider));
      const note = goesOn === null ? null : `Postern has forgotten the sign-in, but ${name} was not told: ${goesOn}.`;
      return { view: view(provider), note };
    },

    'identity.answerRequest': async ({ id, give }) => {
      if (tokenRequests.answer(id, give)) return {};
      throw new DeskError('request_ended', 'This request has ended already.', 'Nothing was given.');
    },
  };
}

const unknownProvider = (name: string): DeskError =>
  new DeskError(
    'unknown_provider',
    `There is no identity provider named ${name}.`,
    'It may have been removed; look at Connections, Identity.',
  );
