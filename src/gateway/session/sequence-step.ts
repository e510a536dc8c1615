import type { RuleAnswer, Sequence, SequenceKind } from '../../contract/index.ts';
import { BOOKKEEPING, type SequencePart, sequencePart } from '../approval/sequence-part.ts';
import type { SequenceScope } from '../approval/types.ts';
import type { CatalogSnapshot } from '../sql/catalog.ts';
import { changedHere } from './catalog-reliance.ts';
import { runsByName, withoutPath } from './judge.ts';
import type { JudgeContext, Judged } from './judged.ts';

/** Texts that a request lists, and how much of each, in characters. */
const listed = { texts: 5, characters: 300 } as const;

/**
 * What a statement that asks would be as a step of a sequence; null when it stands alone. Names without a schema count for
 * every schema of the search path where what they mean may have moved: behind definitions in the same text or transaction.
 */
export function partOf(judged: Judged, context: JudgeContext): SequencePart | null {
  const { catalog, catalogDoubt } = context;
  if (judged.verdict !== 'ask' || judged.commitsGated || catalog === null || runsByName(judged.statements)) return null;
  if (context.searchPathInFlight || context.readingInFlight || judged.statements.length === 0) return null;
  if (catalogDoubt !== null && catalogDoubt !== changedHere) return null;
  if (mayUnmask(judged)) return null;
  const part = sequencePart(judged.statements, catalog);
  if (part === null || (catalogDoubt === null && judged.statements.length === 1)) return part;
  const pathless = context.parser.understand(judged.text, withoutPath(catalog));
  if (pathless.status !== 'understood') return null;
  if (sequencePart(pathless.statements, withoutPath(catalog)) !== null) return part;
  return { ...part, schemas: [...new Set([...part.schemas, ...homes(catalog)])] };
}

/**
 * On a connection with masks, a definition that touches what is there may carry values to where no rule expects them (a
 * renamed column, a generated one, a foreign key that tells which values exist). Each is for a person to see.
 */
const mayUnmask = ({ masking, statements }: Judged): boolean =>
  masking !== null &&
  (masking.tainted ||
    statements.some(
      ({ effects: { kinds, command, writes } }) =>
        kinds.includes('ddl') && command?.startsWith('DROP ') !== true && writes.some(({ oid }) => oid !== null),
    ));

const homes = ({ searchPath }: CatalogSnapshot): readonly string[] =>
  searchPath.filter((schema) => !schema.startsWith('pg_'));

export interface OfferInput {
  readonly part: SequencePart;
  readonly statements: number;
  readonly rule: RuleAnswer;
  readonly byOwnRule: boolean;
  readonly catalog: CatalogSnapshot;
  /** Earlier statements of the sequence, the latest last. */
  readonly before: readonly string[];
  /** Those that wait behind this one in the same pipeline and ask as well. */
  readonly behind: readonly { readonly text: string; readonly part: SequencePart }[];
}

/** The sequence that a request offers to decide as a whole, and what that decision would reach; null when it offers none. */
export function offerOf(input: OfferInput): { readonly sequence: Sequence; readonly scope: SequenceScope } | null {
  const { part, behind, before, catalog, rule } = input;
  if (!part.typical) return null;
  const parts = [part, ...behind.map((one) => one.part)];
  const kind = parts.map(({ needs }) => needs).reduce((one, other) => (one === other ? one : 'reset'));
  const schemas = [...new Set(parts.flatMap((one) => one.schemas))];
  const evidence = evidenceOf(input);
  const cut = (text: string): string => {
    const line = text.replaceAll(/\s+/g, ' ').trim();
    return line.length > listed.characters ? `${line.slice(0, listed.characters)} …` : line;
  };
  return {
    sequence: {
      kind,
      recognised: evidence.length > 0,
      evidence: evidence.join(', ') || 'more statements of its kind may follow',
      tool: toolOf(catalog, schemas),
      schemas,
      before: before.slice(-listed.texts).map(cut),
      behind: behind.slice(0, listed.texts).map(({ text }) => cut(text)),
      moreBehind: Math.max(0, behind.length - listed.texts),
      impact: null,
      answer: null,
    },
    scope: {
      kind,
      schemas,
      removable: new Set(removableIn(catalog, kind, schemas)),
      ownRule: input.byOwnRule ? rule.id : null,
    },
  };
}

/** Kinds that change no rows that are there. */
const ADDING = new Set(['insert', 'read', 'copy_in']);

/** OIDs of the relations whose rows the statement may change or take away, or that it locks to change them. */
export const changedBy = (judged: Judged): readonly number[] => [
  ...new Set(
    judged.statements
      .filter(({ effects }) => !effects.kinds.every((kind) => ADDING.has(kind)))
      .flatMap(({ effects }) => effects.writes.flatMap(({ oid }) => (oid === null ? [] : [oid]))),
  ),
];

/** OIDs of all that a decision for the whole lets be emptied or dropped. */
function removableIn(catalog: CatalogSnapshot, kind: SequenceKind, schemas: readonly string[]): readonly number[] {
  if (kind === 'migration') return [];
  return catalog.relations.filter(({ schema }) => schemas.includes(schema)).map(({ oid }) => oid);
}

function evidenceOf({ part, statements, before, behind }: OfferInput): readonly string[] {
  const said: string[] = [];
  if (before.length > 0) said.push(`${counted(before.length, 'statement')} of the kind came just before`);
  if (behind.length > 0) said.push(`${counted(behind.length, 'more')} of the kind wait behind it in the same pipeline`);
  if (statements > 1) said.push(`its text holds ${statements} statements`);
  if (part.removes.length > 2) said.push(`it takes ${part.removes.length} relations at once`);
  return said;
}

const counted = (count: number, what: string): string =>
  what === 'more' ? `${count} more` : `${count} ${what}${count === 1 ? '' : 's'}`;

function toolOf(catalog: CatalogSnapshot, schemas: readonly string[]): string | null {
  for (const { schema, name } of catalog.relations) {
    const tool = schemas.includes(schema) ? BOOKKEEPING.get(name) : undefined;
    if (tool !== undefined) return tool;
  }
  return null;
}
