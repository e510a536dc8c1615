import type { Emit, Handlers, PolicyView } from '../../contract/index.ts';
import type { Policy } from '../../gateway/policy/types.ts';
import type { CatalogSnapshot } from '../../gateway/sql/catalog.ts';
import { backtest } from './backtest.ts';
import { connectionView, requireDistinctIds } from './connections.ts';
import { withMemory } from './copies.ts';
import type { SettingsEditor } from './editor.ts';
import { withDeskErrors } from './errors.ts';
import type { DeskPorts } from './ports.ts';

type PolicyCalls = Extract<keyof Handlers, `policy.${string}`>;

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
      requireDistinctIds(rules, 'rules');
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

    'policy.explain': ({ connection, text, policy, rules, maskRules }) =>
      withDeskErrors(async () => {
        const saved = editor.connection(connection);
        const proposed = {
          policy: policy ?? saved.policy,
          policyRules: rules ?? saved.policyRules,
          maskRules: maskRules ?? saved.maskRules,
        };
        const config = withMemory({ ...saved, ...proposed }, ports);
        const catalog = await catalogIfReachable(ports, connection);
        return { ...judges.explain(config, text, catalog, ports.operator), certain: catalog !== null };
      }),

    'policy.backtest': ({ connection, policy, rules, sessions }) =>
      withDeskErrors(async () => {
        requireDistinctIds(rules, 'rules');
        const proposed = { policy, policyRules: rules };
        const catalog = await catalogIfReachable(ports, connection);
        return backtest(ports, editor.connection(connection), proposed, catalog, sessions);
      }),
  };
}

const policyView = ({ preset, title, description, rules }: Policy): PolicyView => ({
  preset,
  title,
  description,
  rules: rules.map((rule) => ({ ...rule })),
});

/** The same judgement without a catalog is right but stricter (no keys, no resolved names), as it is for the gate. */
async function catalogIfReachable({ gateway }: DeskPorts, connection: string): Promise<CatalogSnapshot | null> {
  try {
    return await gateway.catalog(connection);
  } catch {
    return null;
  }
}
