import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import {
  type Backtest,
  type ConnectionConfig,
  DeskError,
  describeIssues,
  messageOf,
  policyPreset,
  policyRule,
} from '../../contract/index.ts';
import { createArchive } from '../../gateway/evidence/archive.ts';
import type { CatalogSnapshot } from '../../gateway/sql/catalog.ts';
import { loadCatalog } from '../../gateway/sql/catalog-query.ts';
import { CredentialVault } from '../../gateway/upstream/credentials.ts';
import { openSideConnection } from '../../gateway/upstream/side-query.ts';
import { resolveSecrets, upstreamTarget } from '../../gateway/upstream/target.ts';
import { backtest } from '../desk/backtest.ts';
import { dataLayout } from '../desk/data-folder.ts';
import { createJudges } from '../desk/judges.ts';
import { openSettings } from '../desk/settings-file.ts';
import { readConfig } from '../headless/serve.ts';
import { stripComments } from '../strip-comments.ts';
import { describeMasking } from './describe-masking.ts';
import type { CommandEnvironment, ExitCode } from './environment.ts';

export interface PolicyOptions {
  /** Configuration file; else the settings of the data folder. */
  readonly config?: string | undefined;
  readonly dataFolder?: string | undefined;
  /** May be left out where there is only one. */
  readonly connection?: string | undefined;
  /** File with rules to judge by instead of those of the connection. */
  readonly rules?: string | undefined;
}

/** A file of rules: the list alone, or with the preset behind it. */
const rulesFile = z.union([
  z.array(policyRule).transform((rules) => ({ rules, policy: undefined })),
  z.strictObject({ policy: policyPreset.optional(), rules: z.array(policyRule) }),
]);

/**
 * `postern policy test`: what an agent would get for a text, which rule answers and why. Nothing is executed; the catalog
 * is read from the database where a password is at hand. 0 when it would be allowed, 1 when not.
 */
export async function policyTest(
  sql: string,
  options: PolicyOptions,
  environment: CommandEnvironment,
): Promise<ExitCode> {
  const { config } = await chooseConnection(options, environment);
  const { catalog, why } = await readCatalog(config, environment);
  const judges = await createJudges(Buffer.alloc(32));
  const { verdict, rule, effects, masking } = judges.explain(
    withRules(config, options),
    sql,
    catalog,
    environment.operator,
  );
  const list = (what: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [`${what} ${names.join(', ')}`];
  environment.print(
    [
      `${verdict.toUpperCase()}  ${rule.id}: ${rule.title}`,
      `  ${rule.reason}`,
      ...(rule.hint === null ? [] : [`  ${rule.hint}`]),
      '',
      ...list('effects  ', effects.kinds),
      ...list('reads    ', effects.reads),
      ...list('writes   ', effects.writes),
      ...list('functions', effects.functions),
      ...list('policies look at', effects.readsOfPolicies ?? []),
      ...describeMasking(masking),
      ...(why === null ? [] : [`\nJudged without the catalog, so stricter than it may be: ${why}`]),
      '',
    ].join('\n'),
  );
  return verdict === 'allow' ? 0 : 1;
}

/** `postern policy backtest`: what changed rules would have said to recorded sessions. 1 when any answer would change. */
export async function policyBacktest(
  options: PolicyOptions & { readonly sessions: number },
  environment: CommandEnvironment,
): Promise<ExitCode> {
  if (options.rules === undefined) throw new DeskError('usage', 'A backtest needs --rules FILE.', 'postern --help');
  const { config, journals } = await chooseConnection(options, environment);
  const { catalog, why } = await readCatalog(config, environment);
  const archive = createArchive({
    folder: journals,
    publicKey: null,
    isLive: () => false,
    resourcesFolder: environment.root.resources,
  });
  const judges = await createJudges(Buffer.alloc(32));
  const result = await backtest({ archive, judges }, config, withRules(config, options), catalog, options.sessions);
  environment.print(describeBacktest(result, why));
  return result.changes.length === 0 ? 0 : 1;
}

function describeBacktest(
  { sessions, statements, notJudged, current, proposed, changes, omitted }: Backtest,
  why: string | null,
): string {
  const row = (name: string, counts: Backtest['current']): string =>
    `${name.padEnd(10)}${(['allow', 'ask', 'block', 'terminate'] as const).map((verdict) => `${verdict} ${counts[verdict] ?? 0}`.padEnd(14)).join('')}`.trimEnd();
  return [
    `${statements} statements of ${sessions} sessions${notJudged === 0 ? '' : `, ${notJudged} of them recorded too short to be judged`}`,
    row('now', current),
    row('proposed', proposed),
    '',
    ...changes.map(
      (change) =>
        `${change.current.verdict} → ${change.proposed.verdict}  ${change.sessionId} #${change.statement}  ${change.agent}  ${change.text.replaceAll(/\s+/g, ' ').slice(0, 160)}\n    ${change.proposed.rule.id}: ${change.proposed.rule.reason}`,
    ),
    ...(changes.length === 0 ? ['No answer would change.'] : []),
    ...(omitted === 0 ? [] : [`… and ${omitted} more`]),
    ...(why === null ? [] : [`Judged without the catalog, so stricter than it may be: ${why}`]),
    '',
  ].join('\n');
}

async function chooseConnection(
  { config, dataFolder, connection }: PolicyOptions,
  environment: CommandEnvironment,
): Promise<{ config: ConnectionConfig; journals: string }> {
  const { connections, journals, source } =
    config === undefined ? await ofFolder(dataFolder ?? environment.dataFolder) : ofFile(resolve(config), environment);
  const names = connections.map(({ name }) => name);
  const chosen =
    connection === undefined && connections.length === 1
      ? connections[0]
      : connections.find(({ name }) => name === connection);
  if (chosen !== undefined) return { config: chosen, journals };
  throw new DeskError(
    'usage',
    connection === undefined
      ? `${source} has ${names.length} connections.`
      : `${source} has no connection "${connection}".`,
    names.length === 0 ? 'Add one first.' : `Name one with --connection: ${names.join(', ')}.`,
  );
}

function ofFile(path: string, environment: CommandEnvironment) {
  const { connections, dataFolder, journalFolder } = readConfig(path);
  const beside = (relative: string): string => resolve(dirname(path), relative);
  const folder = dataFolder === undefined ? environment.dataFolder : beside(dataFolder);
  const { journals } = dataLayout(folder, journalFolder === undefined ? undefined : beside(journalFolder));
  return { connections, journals, source: path };
}

async function ofFolder(folder: string) {
  const { settings, journals } = dataLayout(folder);
  if (!existsSync(settings)) {
    const hint = 'Name a configuration with --config FILE, or the data folder with --data-folder DIR.';
    throw new DeskError('settings_missing', `There are no settings in ${folder}.`, hint);
  }
  const { connections } = (await openSettings(settings)).current();
  return { connections, journals, source: settings };
}

function withRules(config: ConnectionConfig, { rules }: PolicyOptions): ConnectionConfig {
  if (rules === undefined) return config;
  const path = resolve(rules);
  let value: unknown;
  try {
    value = JSON.parse(stripComments(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new DeskError('config_unreadable', `${path}: ${messageOf(error)}`, 'docs/policy.md shows a file of rules.');
  }
  const parsed = rulesFile.safeParse(value);
  if (!parsed.success) {
    throw new DeskError(
      'config_invalid',
      `${path}: ${describeIssues(parsed.error)}`,
      'docs/policy.md explains every field.',
    );
  }
  return { ...config, policy: parsed.data.policy ?? config.policy, policyRules: parsed.data.rules };
}

/** The catalog as the gate would have it; null, with the reason, where it cannot be read. */
async function readCatalog(
  config: ConnectionConfig,
  { variables }: CommandEnvironment,
): Promise<{ catalog: CatalogSnapshot | null; why: string | null }> {
  try {
    const secrets = await resolveSecrets(new CredentialVault({ environment: { ...variables } }), config);
    const side = await openSideConnection(upstreamTarget(config, secrets), { statementTimeoutMs: 10_000 });
    try {
      return { catalog: await loadCatalog(side.query, 0), why: null };
    } finally {
      side.close();
    }
  } catch (error) {
    return { catalog: null, why: messageOf(error) };
  }
}
