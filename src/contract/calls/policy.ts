import { z } from 'zod';
import { identifier } from '../common.ts';
import { connectionView } from '../connection.ts';
import { statementExplanation } from '../mask-editor.ts';
import { backtest, budgets, policyPreset, policyRule, policyView, ruleHits } from '../policy.ts';
import { connectionName, maskRules, nothing } from './inputs.ts';

const rules = z.array(policyRule).max(500);

/** What is allowed, asked and blocked. */
export const policyCalls = {
  'policy.presets': { input: nothing, output: z.array(policyView) },
  /** The rules of a connection in the order in which they are asked: its own, then its preset's. */
  'policy.rules': { input: connectionName, output: z.object({ view: policyView, hits: z.array(ruleHits) }) },
  'policy.save': {
    input: z.object({ connection: identifier, policy: policyPreset, rules, budgets: budgets.nullable() }),
    output: connectionView,
  },
  'policy.explain': {
    /** With `policy`, `rules` and `maskRules`: judged and masked under these instead of the connection's own. */
    input: z.object({
      connection: identifier,
      text: z.string().max(100_000),
      policy: policyPreset.optional(),
      rules: rules.optional(),
      maskRules: maskRules.optional(),
    }),
    output: statementExplanation,
  },
  'policy.backtest': {
    input: z.object({
      connection: identifier,
      policy: policyPreset,
      rules,
      sessions: z.number().int().min(1).max(1000).default(100),
    }),
    output: backtest,
  },
} as const;
