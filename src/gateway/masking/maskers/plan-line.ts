import type { CellMask, ColumnType } from './column-type.ts';
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

/** Masks the lines of a plan as EXPLAIN sends them, one in a row. What is no text is masked whole. */
export function planLineMask(type: ColumnType): CellMask {
  if (type.typeOid !== 25) return fullMask(type);
  return {
    mask: (value) => {
      const line = value.toString('utf8');
      if (shown.test(line) || isHeading(line)) return value;
      return Buffer.from(line.replace(/:.*$/s, ': ***'), 'utf8');
    },
  };
}
