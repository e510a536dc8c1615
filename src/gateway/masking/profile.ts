import type { MaskRule } from '../../contract/index.ts';
import type { CatalogSnapshot } from '../sql/catalog.ts';
import { maskedCatalog } from './closure.ts';
import { emptyMaskedCatalog, type MaskedCatalog } from './masked-catalog.ts';
import type { Refusal } from './refusal.ts';
import { opaqueFacts, type StatementFacts, statementFacts } from './statement-facts.ts';
import { type MaskingContext, statementMasking } from './statement-masking.ts';
import { doubtedFacts, opaqueTemporaryFacts, temporaryEffects } from './temporary/effects.ts';
import { withTemporaries } from './temporary/overlay.ts';
import type { MaskingProfile, StatementMasking } from './types.ts';

/** What a profile is compiled from. */
export interface MaskingOptions {
  readonly rules: readonly MaskRule[];
  /** All rules, where exceptions leave `rules` with fewer: copies that somebody excepted makes are masked for everybody else. */
  readonly allRules?: readonly MaskRule[];
  /** Null when no catalog could be read: with rules in force everything is then masked. */
  readonly catalog: CatalogSnapshot | null;
  /** This installation's key for the `hash` masker, 32 random bytes. */
  readonly hashKey: Buffer;
  /** Differs where the rules that operators wrote do: what was followed under others is not relied on. */
  readonly basis?: string;
}

/**
 * Compiles mask rules against a catalog snapshot. Views are followed only once libpg-query is loaded (`loadModule`);
 * before that every view over a masked table is masked whole.
 */
export function compileMasking(options: MaskingOptions): MaskingProfile {
  const { rules, allRules = rules } = options;
  if (allRules.length === 0) {
    return noMasks;
  }
  const { catalog, unmatched } = resolve(options);
  const whole = allRules.length === rules.length ? null : resolve({ ...options, rules: allRules }).catalog;
  const levels = new Map(rules.flatMap(({ id, probes }) => (probes === undefined ? [] : [[id, probes] as const])));
  const { hashKey, basis = '' } = options;
  const functions = options.catalog?.functions ?? [];
  const compiled = (catalogs: Catalogs): MaskingProfile => ({
    active: true,
    unmatchedRules: unmatched,
    forStatement: statementMaskings(catalogs, { hashKey, levels, basis }, options.catalog !== null),
    beside: ({ tables, names }) => {
      const reliable = { tables: tables.filter((table) => table.basis === basis), names };
      const over = (one: MaskedCatalog): MaskedCatalog => withTemporaries(one, functions, reliable);
      const own = over(catalog);
      return compiled({ own, whole: whole === null ? null : over(whole) });
    },
  });
  return compiled({ own: catalog, whole });
}

/** The catalog as this subject sees it, and as everybody without exceptions does; null where there are none. */
interface Catalogs {
  readonly own: MaskedCatalog;
  readonly whole: MaskedCatalog | null;
}

function statementMaskings(
  { own: catalog, whole }: Catalogs,
  shared: Omit<MaskingContext, 'catalog'>,
  known: boolean,
): MaskingProfile['forStatement'] {
  const context = { ...shared, catalog };
  return (understanding, text = '', doubt = false) => {
    if (understanding.status === 'not_understood')
      return statementMasking(
        [{ ...opaqueFacts, ranCode: false, refusal: notUnderstood(understanding) }],
        text,
        context,
      );
    const facts = understanding.statements.map((statement) => {
      const own = statementFacts(statement, catalog);
      const all = whole === null ? own : withCopiesOf(own, statementFacts(statement, whole));
      return !known || doubt ? inDoubt(all) : all;
    });
    const sent = text === '' ? understanding.statements.map((statement) => statement.text).join(';\n') : text;
    return statementMasking(facts, sent, context);
  };
}

/** What is left of a statement's facts where the catalog cannot be relied on. */
const inDoubt = ({
  delegates,
  refusal,
  probes,
  copies,
  copyOut,
  holdsResult,
  temporary,
}: StatementFacts): StatementFacts => ({
  ...opaqueFacts,
  delegates,
  refusal,
  probes,
  copies,
  copyOut,
  holdsResult,
  temporary: doubtedFacts(temporary),
});

/** Refusals of what would outlive the session. */
const lasting = new Set(['masked_write', 'masked_definition']);

/** What is known of a statement for somebody excepted from some masks, and what it leaves behind, as for those who are not. */
function withCopiesOf(own: StatementFacts, whole: StatementFacts): StatementFacts {
  const refusal = whole.refusal !== null && lasting.has(whole.refusal.code) ? whole.refusal : null;
  return { ...own, copies: whole.copies, temporary: whole.temporary, refusal: own.refusal ?? refusal };
}

/** What is not understood may be a COPY, a fast-path call or a copy into another table: nothing of those can be masked. */
const notUnderstood = ({ reason }: { readonly reason: string }): Refusal => ({
  code: 'masked_not_understood',
  reason: `it is not understood, and this connection has mask rules: ${reason}`,
  hint: "Send a statement that PostgreSQL's grammar takes, in UTF8.",
});

function resolve(options: MaskingOptions): { catalog: MaskedCatalog; unmatched: readonly string[] } {
  if (options.catalog !== null) return maskedCatalog(options.rules, options.catalog);
  const nothing: CatalogSnapshot = {
    version: 0,
    serverVersionNumber: 0,
    searchPath: [],
    relations: [],
    functions: [],
  };
  return { catalog: emptyMaskedCatalog(nothing), unmatched: options.rules.map((rule) => rule.id) };
}

/** A connection without mask rules: nothing is looked at. */
const passThrough: StatementMasking = {
  tainted: false,
  delegates: false,
  refusal: null,
  rules: [],
  probes: [],
  copies: [],
  temporary: temporaryEffects([opaqueTemporaryFacts], { basis: '', small: false }),
  copyOut: null,
  holdsResult: false,
  describeColumns: () => null,
  refuseValues: () => null,
  plan: () => null,
  scrub: (fields) => fields,
};

const noMasks: MaskingProfile = {
  active: false,
  unmatchedRules: [],
  forStatement: () => passThrough,
  beside: () => noMasks,
};

export { mergeMasking } from './statement-masking.ts';
