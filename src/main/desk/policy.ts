import { setImmediate } from 'node:timers/promises';
import {
  type Backtest,
  type ConnectionConfig,
  DeskError,
  type Emit,
  type Handlers,
  type PolicyView,
  type Verdict,
} from '../../contract/index.ts';
import type { Policy } from '../../gateway/policy/types.ts';
import type { CatalogSnapshot } from '../../gateway/sql/catalog.ts';
import { connectionView } from './connections.ts';
import type { SettingsEditor } from './editor.ts';
import { withDeskErrors } from './errors.ts';
import type { DeskPorts, PolicySource } from './ports.ts';

type PolicyCalls = Extract<keyof Handlers, `policy.${string}`>;

/** Changes that a backtest lists; the counts cover all of them. */
const listedChanges = 500;
/** Longest text that a backtest shows, in characters. */
const shownText = 2000;

/** Policies: what they are, what they say to a text, and what a changed one would have said to recorded sessions. */
export function policyHandlers(ports: DeskPorts, editor: SettingsEditor, emit: Emit): Pick<Handlers, PolicyCalls> {
  const { gateway, judges } = ports;
  return {
    'policy.presets': async () => Object.values(judges.policies).map(policyView),

    'policy.rules': async ({ connection }) => ({
      view: policyView(judges.policyOf(editor.connection(connection))),
      hits: gateway.ruleHits(connection).map((hit) => ({ ...hit })),
    }),

    'policy.save': async ({ connection, policy, rules, budgets }) => {
      requireDistinctIds(rules);
      editor.connection(connection);
      await editor.edit((settings) => ({
        ...settings,
        connections: settings.connections.map(({ budgets: before, ...one }) =>
          one.name === connection
            ? { ...one, policy, policyRules: rules, ...(budgets === null ? {} : { budgets }) }
            : { ...one, ...(before === undefined ? {} : { budgets: before }) },
        ),
      }));
      emit('connections.changed', {});
      return connectionView(ports, editor.connection(connection));
    },

    'policy.explain': ({ connection, text, policy, rules }) =>
      withDeskErrors(async () => {
        const saved = editor.connection(connection);
        const config = { ...saved, policy: policy ?? saved.policy, policyRules: rules ?? saved.policyRules };
        const catalog = await catalogIfReachable(ports, connection);
        return { ...judges.explain(config, text, catalog, ports.operator), certain: catalog !== null };
      }),

    'policy.backtest': ({ connection, policy, rules, sessions }) =>
      withDeskErrors(async () => {
        requireDistinctIds(rules);
        const proposed = { policy, policyRules: rules };
        return backtest(ports, editor.connection(connection), proposed, sessions);
      }),
  };
}

const policyView = ({ preset, title, description, rules }: Policy): PolicyView => ({
  preset,
  title,
  description,
  rules: rules.map((rule) => ({ ...rule })),
});

/** Two rules with one id could not be told apart in a journal. Throws DeskError `duplicate_rule`. */
function requireDistinctIds(rules: readonly { readonly id: string }[]): void {
  const ids = rules.map(({ id }) => id);
  const repeated = ids.find((id, index) => ids.indexOf(id) < index);
  if (repeated === undefined) return;
  throw new DeskError(
    'duplicate_rule',
    `Two rules have the id ${repeated}.`,
    'Give each rule an id of its own. Nothing was saved.',
  );
}

/** The same judgement without a catalog is right but stricter (no keys, no resolved names), as it is for the gate. */
async function catalogIfReachable({ gateway }: DeskPorts, connection: string): Promise<CatalogSnapshot | null> {
  try {
    return await gateway.catalog(connection);
  } catch {
    return null;
  }
}

const severity: Readonly<Record<Verdict, number>> = { allow: 0, ask: 1, block: 2, terminate: 3 };
const none = (): Record<Verdict, number> => ({ allow: 0, ask: 0, block: 0, terminate: 0 });

async function backtest(
  ports: DeskPorts,
  config: ConnectionConfig,
  proposed: PolicySource,
  limit: number,
): Promise<Backtest> {
  const { archive, judges } = ports;
  const catalog = await catalogIfReachable(ports, config.name);
  const recorded = (await archive.list({ text: config.name, limit: 1000 }))
    .filter(({ connection }) => connection === config.name)
    .slice(0, limit);
  const result = { sessions: 0, statements: 0, notJudged: 0, current: none(), proposed: none() };
  const changes: Backtest['changes'] = [];
  for (const { id: sessionId, agent } of recorded) {
    result.sessions += 1;
    for (const one of judges.rejudge(config, proposed, await archive.records(sessionId), catalog)) {
      result.statements += 1;
      if (one.answers === null) {
        result.notJudged += 1;
        continue;
      }
      const [before, after] = one.answers.map(({ verdict, rule }) => ({ verdict, rule }));
      if (before === undefined || after === undefined) continue;
      result.current[before.verdict] += 1;
      result.proposed[after.verdict] += 1;
      if (before.verdict === after.verdict) continue;
      const { statement, at, text, recorded: answered } = one;
      changes.push({
        sessionId,
        statement,
        at,
        agent,
        text: text.slice(0, shownText),
        recorded: answered,
        current: before,
        proposed: after,
      });
    }
    await setImmediate(); // the gate runs in the same process
  }
  // What would have passed and now would not, and the other way round, matters before how often.
  const distance = ({ current, proposed: next }: Backtest['changes'][number]): number =>
    Math.abs(severity[next.verdict] - severity[current.verdict]);
  changes.sort((one, other) => distance(other) - distance(one) || other.at - one.at);
  return {
    ...result,
    changes: changes.slice(0, listedChanges),
    omitted: Math.max(0, changes.length - listedChanges),
    certain: catalog !== null,
  };
}
