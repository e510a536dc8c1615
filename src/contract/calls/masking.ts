import { z } from 'zod';
import { identifier } from '../common.ts';
import { connectionView } from '../connection.ts';
import { finding, personalKind } from '../detectors.ts';
import { connectionMatches, copiedColumn, copyPlace, renamedColumn, renamedKey, ruleStanding } from '../mask-editor.ts';
import { catalogTable, maskPreview, maskRule, maskSuggestions } from '../masking.ts';
import { ruleHits } from '../policy.ts';
import { connectionName, maskRules, nothing } from './inputs.ts';

/** What is masked: rules, columns with copies, what the second net found, and what is suggested. */
export const maskingCalls = {
  'rules.catalog': { input: connectionName, output: z.array(catalogTable) },
  'rules.save': { input: z.object({ connection: identifier, rules: z.array(maskRule) }), output: connectionView },
  'rules.preview': {
    input: z.object({ connection: identifier, schema: z.string(), table: z.string(), rules: z.array(maskRule) }),
    output: maskPreview,
  },
  /** In how many results each mask rule of a connection masked something, or refused a statement, since the gate started. */
  'rules.hits': { input: connectionName, output: z.array(ruleHits) },
  /** How rules, saved or not, stand in the database of a connection, in their order. */
  'rules.review': { input: z.object({ connection: identifier, rules: maskRules }), output: z.array(ruleStanding) },
  /**
   * Columns that one of these rules reaches, here and on every other connection if it stood there, too: in the place of the
   * one with its id, else before the others.
   */
  'rules.matches': {
    input: z.object({
      connection: identifier,
      rules: maskRules,
      rule: identifier,
      /** Columns that are listed per connection. */
      limit: z.number().int().min(1).max(5000).default(100),
    }),
    output: z.array(connectionMatches),
  },
  /** Columns without a rule that hold copies of masked values, and are masked since; the latest first. */
  'copies.list': { input: connectionName, output: z.array(copiedColumn) },
  /** The operator says that a column holds no copies any more: from the next statement on it is not masked. */
  'copies.forget': { input: copyPlace, output: nothing },
  /** Columns that left their mask rules because others renamed them, and stay masked; the latest first. */
  'renamed.list': { input: connectionName, output: z.array(renamedColumn) },
  /** The operator says that a renamed column need not be masked: from the next statement on it is not. */
  'renamed.forget': { input: renamedKey, output: nothing },
  /** What the second net recognised in answers to agents, newest first. */
  'findings.list': { input: connectionName, output: z.array(finding) },
  /** The operator says that places do not hold what they seem to, or takes that back. */
  'findings.dismiss': {
    input: z.object({
      connection: identifier,
      places: z.array(z.object({ place: z.string().max(300), kind: personalKind })).max(5000),
      dismissed: z.boolean(),
    }),
    output: nothing,
  },
  /** Columns that look personal and that no rule names. `again`: rows are read anew, else only the first time. */
  'suggestions.list': {
    input: z.object({ connection: identifier, again: z.boolean().default(false) }),
    output: maskSuggestions,
  },
} as const;
