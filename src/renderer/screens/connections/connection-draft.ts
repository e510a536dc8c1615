import { type ConnectionConfig, type CredentialSource, connectionConfig } from '../../../contract/index.ts';

/** A new connection as the form opens with it: the schema's defaults, nothing named yet. */
export function emptyConnection(): ConnectionConfig {
  return connectionConfig.parse({
    name: 'new',
    upstream: { host: 'localhost', database: 'postgres', user: 'postgres' },
  });
}

/** A credential source of a kind, as the form opens with it. */
export function defaultCredential(from: CredentialSource['from']): CredentialSource {
  switch (from) {
    case 'environment':
      return { from, variable: '' };
    case 'command':
      return { from, command: [] };
    case 'service':
      return { from, service: '' };
    case 'none':
    case 'prompt':
    case 'pgpass':
      return { from };
  }
}

/** What is wrong with a connection as typed, by path (`upstream.port`); an empty object when it may be saved. */
export function connectionProblems(
  config: ConnectionConfig,
  taken: readonly string[],
): Readonly<Record<string, string>> {
  const problems: Record<string, string> = {};
  for (const issue of connectionConfig.safeParse(config).error?.issues ?? []) {
    // Elements of a list are shown at the list: the form has one field for all of them.
    const path = issue.path.filter((part) => typeof part === 'string').join('.');
    problems[path] ??= issue.message;
  }
  if (config.name === '') problems.name = 'Needs a name';
  if (taken.includes(config.name)) problems.name = 'Another connection has this name';
  for (const field of ['host', 'database', 'user'] as const) {
    if (config.upstream[field] === '') problems[`upstream.${field}`] = 'Must not be empty';
  }
  return problems;
}

/** A command line as the form shows it: one argument per line, so that no quoting is needed. */
export function commandLines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
