import { z } from 'zod';
import {
  agentGroups,
  authenticationProblems,
  connectionConfig,
  DeskError,
  describeIssues,
  identifier,
  identityProvider,
  identityProviderProblems,
  messageOf,
  scope,
} from '../../contract/index.ts';
import { listenerProblem, listenerSettings } from '../desk/listener-settings.ts';
import { stripComments } from '../strip-comments.ts';
import { expandServices, type ServiceFinder } from './services.ts';

const port = z.number().int().min(0).max(65535);

const keyHash = z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the key in lower-case hex');

/** Where an agent's key comes from. Only the hash may stand in the file. */
const keySource = z.union(
  [
    z.strictObject({ environment: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is not a variable name') }),
    z.strictObject({ fileDescriptor: z.number().int().min(3).max(1023) }),
    z.strictObject({ hash: keyHash }),
  ],
  'must be exactly one of {"environment": "VARIABLE"}, {"fileDescriptor": 3} or {"hash": "<64 hex digits>"}',
);
export type KeySource = z.infer<typeof keySource>;

/** The file of `postern serve --config`, documented field by field in docs/configuration.md. Unknown fields are refused. */
const configFile = z.strictObject({
  dataFolder: z.string().min(1).optional(),
  journalFolder: z.string().min(1).optional(),
  listeners: z
    .array(
      listenerSettings.extend({
        host: z.string().min(1).default('127.0.0.1'),
        port: port.default(6432),
        connection: identifier.optional(),
      }),
    )
    .min(1)
    .default([{ host: '127.0.0.1', port: 6432 }]),
  connections: z.array(connectionConfig).min(1),
  agents: z
    .array(
      z.strictObject({
        name: identifier,
        key: keySource,
        connections: z.array(identifier).min(1),
        scope: scope.optional(),
        groups: agentGroups.optional(),
        /** Keys that `key` has replaced: good until then, and told so afterwards. */
        formerKeys: z
          .array(z.strictObject({ hash: keyHash, until: z.iso.datetime({ offset: true }) }))
          .max(50)
          .optional(),
      }),
    )
    .default([]),
  /** Whose access tokens are taken as passwords, in place of keys or beside them. */
  identityProviders: z.array(identityProvider).max(20).default([]),
  approvalDeadlineSeconds: z.number().int().min(0).max(86_400).default(300),
  console: z
    .strictObject({ host: z.enum(['127.0.0.1', '::1']).default('127.0.0.1'), port: port.default(0) })
    .default({ host: '127.0.0.1', port: 0 }),
});

/** A checked configuration; references between its parts hold. */
export type ConfigFile = z.infer<typeof configFile>;

/**
 * Reads the text of a configuration file; comments are allowed. Connections that name a libpq service get what it says.
 * Throws DeskError `config_invalid` that names the file, the path of each field and what is wrong with it.
 */
export function parseConfigFile(text: string, path: string, findService: ServiceFinder): ConfigFile {
  const json = parseJson(stripComments(text), path);
  const result = configFile.safeParse(expandServices(json, findService, (what) => invalid(path, what)));
  if (!result.success) throw invalid(path, describeIssues(result.error));
  const { agents, identityProviders, connections } = result.data;
  const faults = [
    ...(agents.length + identityProviders.length > 0
      ? []
      : ['agents: nobody could connect; give an agent or an identity provider']),
    ...brokenReferences(result.data),
    ...identityProviderProblems(
      identityProviders,
      connections.map(({ name }) => name),
    ),
    ...authenticationProblems(connections, identityProviders),
    ...listenerProblems(result.data),
  ];
  if (faults.length > 0) throw invalid(path, faults.join('; '));
  return result.data;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(path, `it is not JSON: ${byLine(messageOf(error), text)}`);
  }
}

/** Node 20 counts characters from the start of the file (`at position 129`); an editor shows lines and columns. */
function byLine(message: string, text: string): string {
  return message.replace(/ in JSON at position (\d+).*$/s, (_, position: string) => {
    const before = text.slice(0, Number(position)).split('\n');
    return ` at line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
  });
}

/** What the schema cannot say: names are distinct, and what is named exists. */
function brokenReferences({ connections, agents, listeners }: ConfigFile): string[] {
  const names = connections.map(({ name }) => name);
  const unknown = (name: string): boolean => !names.includes(name);
  return [
    ...repeated(names).map((index) => `connections[${index}].name: ${names[index]} is already taken`),
    ...repeated(agents.map(({ name }) => name)).map(
      (index) => `agents[${index}].name: ${agents[index]?.name} is already taken`,
    ),
    ...connections.flatMap((connection, at) =>
      (['maskRules', 'policyRules'] as const).flatMap((list) => {
        const ids = connection[list].map(({ id }) => id);
        return repeated(ids).map((index) => `connections[${at}].${list}[${index}].id: ${ids[index]} is already taken`);
      }),
    ),
    ...agents.flatMap(({ connections: wanted }, at) =>
      wanted.flatMap((name, index) =>
        unknown(name) ? [`agents[${at}].connections[${index}]: there is no connection named ${name}`] : [],
      ),
    ),
    ...listeners.flatMap(({ connection }, at) =>
      connection !== undefined && unknown(connection)
        ? [`listeners[${at}].connection: there is no connection named ${connection}`]
        : [],
    ),
  ];
}

function listenerProblems({ listeners }: ConfigFile): string[] {
  return listeners.flatMap((listener, at) => {
    const problem = listenerProblem(listener);
    return problem === null ? [] : [`listeners[${at}].${problem}`];
  });
}

/** Indexes of values that stood earlier already. */
function repeated(values: readonly string[]): number[] {
  return values.flatMap((value, index) => (values.indexOf(value) < index ? [index] : []));
}

function invalid(path: string, what: string): DeskError {
  return new DeskError(
    'config_invalid',
    `${path}: ${what}`,
    'Nothing was started. docs/configuration.md explains every field.',
  );
}
