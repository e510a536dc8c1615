import { mergeMasking } from '../masking/profile.ts';
import type { MaskingProfile, StatementMasking } from '../masking/types.ts';
import type { CatalogSnapshot } from '../sql/catalog.ts';
import type { ParsedStatement, Understanding } from '../sql/effects.ts';
import { conclude } from './conclude.ts';
import { movesNames } from './consequences.ts';
import type { Definition } from './definition.ts';
import type { JudgeContext, Judged } from './judged.ts';
import { NameRegistry, type NameScope } from './names.ts';
import { decode, notUnderstood, shownText } from './reading.ts';

/** Judges the bytes of one Query or one bound statement. Pure: the same bytes, names and context give the same answer. */
export function judge(
  text: Buffer,
  protocol: 'simple' | 'extended',
  names: NameRegistry,
  context: JudgeContext,
  unreadable?: string,
): Judged {
  const decoded = decode(text, context, unreadable);
  const own = decoded.ok ? context.parser.understand(decoded.text, context.catalog) : decoded.understanding;
  const resolved = resolve(own, NameRegistry.overlay(names), context);
  const { masking } = resolved;
  const again = (doubt: JudgeContext): Understanding =>
    resolve(decoded.ok ? doubt.parser.understand(decoded.text, doubt.catalog) : own, NameRegistry.overlay(names), doubt)
      .understanding;
  const understanding = doubting(resolved.understanding, again, context);
  const shown = shownText(text, decoded.ok ? decoded.text : null);
  return conclude(shown, own, understanding, masking, protocol, context);
}

/**
 * Judges what a name stands for, where a message of the extended protocol binds or executes it. What PREPARE named is
 * judged as the statement inside, for that is what runs.
 */
export function judgeDefinition(definition: Definition, names: NameRegistry, context: JudgeContext): Judged {
  if (definition.via === 'parse') {
    return judge(definition.text, 'extended', names, context, definition.unreadable);
  }
  const own = understandDefinition(definition, context);
  const { understanding: first, masking } = resolve(own, NameRegistry.overlay(names), context);
  const again = (doubt: JudgeContext): Understanding =>
    resolve(understandDefinition(definition, doubt), NameRegistry.overlay(names), doubt).understanding;
  const understanding = doubting(first, again, context);
  const shown = shownText(definition.text, definition.text.toString('utf8'));
  const judged = conclude(shown, own, understanding, masking, 'extended', context);
  // To run a cursor's rows is not to declare it again.
  return definition.via === 'declare' ? { ...judged, statements: [] } : judged;
}

/**
 * Where the search_path may have moved before or within a text, unqualified relations may be others than we find: the
 * policy then also judges the text as one whose relations nobody knows, so that no key of theirs is proved.
 */
function doubting(
  understanding: Understanding,
  again: (context: JudgeContext) => Understanding,
  context: JudgeContext,
): Understanding {
  if (understanding.status !== 'understood' || context.catalog === null) return understanding;
  const { statements } = understanding;
  const moved =
    context.searchPathInFlight || statements.slice(0, -1).some(({ effects }) => movesNames(effects, context));
  if (!moved) return understanding;
  const doubtful = again({ ...context, catalog: withoutPath(context.catalog) });
  if (doubtful.status !== 'understood') return doubtful;
  return { ...understanding, statements: [...statements, ...doubtful.statements] };
}

const pathless = new WeakMap<CatalogSnapshot, CatalogSnapshot>();

/** The same catalog where no schema is searched for names without one. The same object gives the same object. */
export function withoutPath(catalog: CatalogSnapshot): CatalogSnapshot {
  const known = pathless.get(catalog) ?? { ...catalog, searchPath: [] };
  pathless.set(catalog, known);
  return known;
}

/** A FunctionCall has no text; what the function does is not known here. */
export function judgeFunctionCall(functionOid: number, context: JudgeContext): Judged {
  const understanding = notUnderstood(
    `a fast-path call of function ${functionOid} carries no statement that could be judged`,
  );
  return conclude(
    { text: `-- FunctionCall of function ${functionOid}` },
    understanding,
    understanding,
    maskOf(understanding, context),
    'function_call',
    context,
  );
}

interface Resolved {
  readonly understanding: Understanding;
  readonly masking: StatementMasking | null;
}

/** How deep EXECUTE of EXECUTE may go before the text counts as not understood. */
const nestingLimit = 8;

/** Puts what EXECUTE and FETCH run in their place, for the policy and for masking alike. */
function resolve(own: Understanding, scope: NameRegistry, context: JudgeContext, depth = 0): Resolved {
  let masking = maskOf(own, context);
  if (own.status !== 'understood' || own.statements.every((statement) => statement.names.length === 0)) {
    return { understanding: own, masking };
  }
  const statements: ParsedStatement[] = [];
  for (const statement of own.statements) {
    statements.push(statement);
    for (const use of statement.names) {
      if (use.op !== 'execute' && use.op !== 'fetch') continue;
      const inner = depth < nestingLimit ? lookUp(use.op, use.name, scope, context) : tooDeep;
      // Rows of an EXECUTE that itself delegates keep the careful mask of one that is not resolved, and so do those of a
      // cursor that only the server knows: unlike EXECUTE, FETCH brings nothing but rows.
      const onlyRows = use.op === 'fetch' && scope.cursor(use.name) === undefined;
      if (!delegates(inner) && !onlyRows) masking = merged(masking, maskOf(inner, context));
      const { understanding, masking: below } = resolve(inner, scope, context, depth + 1);
      if (masking !== null && !onlyRows) masking = { ...masking, refusal: masking.refusal ?? below?.refusal ?? null };
      if (understanding.status === 'not_understood') return { understanding, masking };
      statements.push(...understanding.statements);
    }
    scope.acknowledge(statement);
  }
  return { understanding: { status: 'understood', statements }, masking };
}

const tooDeep = notUnderstood(`EXECUTE is nested deeper than ${nestingLimit} levels`);

/** What masking says of a statement, by profile: the parser hands out the same object for the same text (168 µs for a join else). */
const known = new WeakMap<MaskingProfile, WeakMap<Understanding, StatementMasking>>();

function maskOf(understanding: Understanding, context: JudgeContext): StatementMasking | null {
  const { profile } = context;
  if (!profile.active) return null;
  if (isDoubtful(understanding, context)) return profile.forStatement(understanding, undefined, true);
  const ofProfile = known.get(profile) ?? new WeakMap<Understanding, StatementMasking>();
  known.set(profile, ofProfile);
  const masking = ofProfile.get(understanding) ?? profile.forStatement(understanding);
  ofProfile.set(understanding, masking);
  return masking;
}

/** Whether relations that it names were made or changed by this transaction: nobody outside sees yet what they hold. */
function isDoubtful(understanding: Understanding, { catalogDoubt, madeHere }: JudgeContext): boolean {
  if (catalogDoubt !== null) return true;
  if (madeHere.size === 0 || understanding.status !== 'understood') return false;
  return understanding.statements.some(({ effects: { reads, writes } }) =>
    [...reads, ...writes].some(({ name }) => madeHere.has(name)),
  );
}

function merged(use: StatementMasking | null, source: StatementMasking | null): StatementMasking | null {
  return use === null || source === null ? use : mergeMasking(use, source);
}

/** True when it runs a statement that is named elsewhere, so that its meaning changes with the name's. */
const delegates = (understanding: Understanding): boolean =>
  understanding.status === 'understood' && runsByName(understanding.statements);

/** True when any of the statements is an EXECUTE or FETCH: what it runs is looked up again at every execution. */
export const runsByName = (statements: readonly ParsedStatement[]): boolean =>
  statements.some((statement) => statement.names.some((use) => use.op === 'execute' || use.op === 'fetch'));

function lookUp(op: 'execute' | 'fetch', name: string, scope: NameScope, context: JudgeContext): Understanding {
  const definition = op === 'execute' ? scope.prepared(name) : scope.cursor(name);
  if (definition === undefined) {
    const what = op === 'execute' ? 'prepared statement' : 'cursor';
    return notUnderstood(`the gate knows no ${what} named "${name}" in this session`);
  }
  return understandDefinition(definition, context);
}

function understandDefinition(definition: Definition, context: JudgeContext): Understanding {
  const decoded = decode(definition.text, context, definition.unreadable);
  if (!decoded.ok) return decoded.understanding;
  const understanding = context.parser.understand(decoded.text, context.catalog);
  if (definition.via !== 'prepare' || understanding.status !== 'understood') return understanding;
  const inner = understanding.statements.flatMap((statement) =>
    statement.names.flatMap((use) => (use.op === 'prepare' ? [use.statement] : [])),
  );
  return { status: 'understood', statements: inner };
}
