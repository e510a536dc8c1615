import {
  type IdentityProvider,
  identityProvider,
  identityProviderProblems,
  type TokenClient,
  type TokenGrant,
  tokenClient,
} from '../../../../contract/index.ts';

/** A new provider as the form opens with it: the schema's defaults, nothing named yet. */
export function emptyProvider(): IdentityProvider {
  const defaults = identityProvider.parse({
    name: 'new',
    issuer: 'https://login.example',
    audience: 'new',
    grants: [{ groups: ['new'], connections: ['new'] }],
  });
  return { ...defaults, name: '', issuer: '', audience: '', grants: [emptyGrant()] };
}

export const emptyGrant = (): TokenGrant => ({ connections: [] });

export const emptyClient = (): TokenClient => ({ ...tokenClient.parse({ clientId: 'new' }), clientId: '' });

/** What is wrong with a provider as typed, by path (`grants.0.connections`); an empty object when it may be saved. */
export function providerProblems(
  draft: IdentityProvider,
  others: readonly IdentityProvider[],
  connections: readonly string[],
): Readonly<Record<string, string>> {
  const problems: Record<string, string> = {};
  for (const issue of identityProvider.safeParse(draft).error?.issues ?? []) {
    problems[issue.path.map(String).join('.')] ??= issue.message;
  }
  // Each is `identityProviders[AT].PATH: PROBLEM`; the draft stands behind all others.
  const at = `identityProviders[${others.length}].`;
  for (const problem of identityProviderProblems([...others, draft], connections)) {
    if (!problem.startsWith(at)) continue;
    const [path = '', ...words] = problem.slice(at.length).split(': ');
    problems[path.replaceAll(/\[(\d+)\]/g, '.$1')] ??= words.join(': ');
  }
  for (const field of ['name', 'issuer', 'audience'] as const) {
    if (draft[field] === '') problems[field] = 'Must not be empty';
  }
  if (draft.client?.clientId === '') problems['client.clientId'] = 'Must not be empty';
  draft.grants.forEach((grant, place) => {
    if (grant.connections.length === 0) problems[`grants.${place}.connections`] = 'Choose at least one';
  });
  return problems;
}

/** The first problem at a path or below it: a list is one field of the form. */
export function problemAt(problems: Readonly<Record<string, string>>, path: string): string | undefined {
  const found = Object.keys(problems).find((key) => key === path || key.startsWith(`${path}.`));
  return found === undefined ? undefined : problems[found];
}

/** Lines as typed, empty ones left out; undefined when there are none. Names may hold commas, so each has a line. */
export function linesOf(text: string): string[] | undefined {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.length === 0 ? undefined : lines;
}

/** `name=value` lines as parameters; a line without "=" has an empty value. */
export function parametersOf(text: string): Record<string, string> {
  return Object.fromEntries(
    (linesOf(text) ?? []).map((line) => {
      const at = line.indexOf('=');
      return at === -1 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    }),
  );
}

export const parameterLines = (parameters: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(parameters ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');

/** An object with a field set, or without it. */
export function withField<T extends object, K extends keyof T>(object: T, field: K, value: T[K] | undefined): T {
  const { [field]: _, ...rest } = object;
  return (value === undefined ? rest : { ...rest, [field]: value }) as T;
}

/** An instant as an input of the type datetime-local has it, in this machine's time. */
export function localTime(iso: string | undefined): string {
  const date = new Date(iso ?? '');
  if (Number.isNaN(date.getTime())) return '';
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
