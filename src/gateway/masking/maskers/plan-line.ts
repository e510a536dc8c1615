import type { CellMask, ColumnType } from './column-type.ts';
import { isProgram, isRound } from './definition.ts';
import { fullMask } from './full.ts';

/**
 * Lines of EXPLAIN ANALYZE that say nothing of the values which pass through the plan (explain.c of PostgreSQL 13 to 18): conditions and
 * names as the statement has them, numbers of rows, times. Every other one loses what stands behind its colon: memory, disk
 * and batches of sorts, hashes and stores tell how large the values are, and lines of versions to come may.
 */
const shown = new RegExp(
  `^\\s*(?:${[
    '(?:Index |Recheck |TID |Hash |Merge |Run )Cond(?:ition)?',
    '(?:One-Time |Join )?Filter',
    'Order By|(?:Sort|Presorted|Group|Hash|Cache) Key|Window|Grouping Sets?|Output|Inner Unique|Function Call|Table Function Call',
    'Rows Removed by (?:Filter|Join Filter|Index Recheck)',
    'Heap Fetches|Index Searches|Subplans Removed|Workers (?:Planned|Launched)|Single Copy|Disabled',
    'Planning Time|Execution Time|Settings|Query Identifier|Cache Mode',
  ].join('|')}): |^\\s*Worker \\d+:  actual (?:time|rows)=`,
);

/** A node of the plan, its sub-headings, and what a constant of the statement with line feeds goes on with. */
const isHeading = (line: string): boolean => /^[^:]*(?:\((?:cost=|actual |never executed).*)?$/s.test(line);

/** What is hidden of a plan. */
export interface PlanMask {
  readonly kind: 'plan_line';
  /** Whatever tells how large values are. */
  readonly sizes: boolean;
  /** Constants but these, which the statement itself has: a plan also prints those of views, policies and functions. */
  readonly constants: readonly string[] | null;
}

/** Masks a plan as EXPLAIN sends it: its lines, one in a row, or a whole document. Sizes can only be told in lines. */
export function planLineMask({ sizes, constants }: PlanMask, type: ColumnType): CellMask {
  if (sizes && type.typeOid !== textOid) return fullMask(type);
  const own = constants === null ? null : new Set(constants);
  return {
    mask: (value) => {
      const text = value.toString('utf8');
      const line = sizes && !shown.test(text) && !isHeading(text) ? text.replace(/:.*$/s, ': ***') : text;
      const plan = own === null ? line : withoutConstants(line, own);
      return plan === text ? value : Buffer.from(plan, 'utf8');
    },
  };
}

const textOid = 25;

/** Where a plan prints expressions of the statement: behind these words in lines, in quotes or elements in documents. */
const expressions =
  /^\s*(?:[\w\s-]*(?:Cond|Filter|Key|Call)|Order By|Output): .*$|"(?:[^"\\]|\\.)*"|<Item>[^<]*|>[^<]*\([^<]*/gm;
const literal = /(?<![\w$])(E?)'((?:[^']|'')*)'/g;
const numeral = /(?<![\w.$'])\d+(?:\.\d+)?(?![\w.'])/g;

/** A plan without constants that are data (as in definitions), unless they are the statement's own. */
const withoutConstants = (plan: string, own: ReadonlySet<string>): string =>
  plan
    .replaceAll(expressions, (part) =>
      part.replaceAll(numeral, (number) => (own.has(number) || isRound(number) ? number : '***')),
    )
    .replaceAll(literal, (whole: string, escapes: string, quoted: string, at: number) => {
      const unquoted = quoted.replaceAll("''", "'");
      const value = escapes === '' ? unquoted : unquoted.replaceAll('\\\\', '\\');
      const stays = own.has(value) || isProgram(value, plan.slice(at + whole.length, at + whole.length + 40));
      return stays ? whole : "'***'";
    });
