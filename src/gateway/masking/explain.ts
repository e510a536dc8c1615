import type { ParsedStatement } from '../sql/effects.ts';
import { constantsOf } from './echo.ts';
import { planLineage } from './lineage/lineage.ts';
import type { Column } from './lineage/range.ts';
import { type MaskedCatalog, planMask } from './masked-catalog.ts';
import { isNode, listOf, stringOf, type TreeNode, tagged, textOf, walk } from './tree.ts';

/** What an EXPLAIN prints, as far as masks ask. */
export interface ExplainOutput {
  /** It runs the statement: any mention of ANALYZE counts, whatever its value, because the last of several does. */
  readonly analyzes: boolean;
  /**
   * The option by which it would print how large the values are that pass through its plan (SERIALIZE, BUFFERS, WAL, MEMORY), or
   * print that in a form in which it cannot be hidden (FORMAT); also any option not known here. Null when there is none.
   */
  readonly tellsBy: string | null;
}

/** Options of EXPLAIN that print nothing of the values: estimates, rows, times, names. */
const harmless = new Set(['analyze', 'verbose', 'costs', 'settings', 'generic_plan', 'timing', 'summary']);

/** From this version on ANALYZE brings BUFFERS with it. */
const buffersByDefault = 180000;

/** Reads the options of an ExplainStmt, for a server of this version (server_version_num). */
export function explainOutput(node: TreeNode, serverVersion: number): ExplainOutput {
  const options = listOf(node.options).map((item) => {
    const option = tagged(item, 'DefElem');
    return { name: textOf(option?.defname) ?? '', value: option?.arg };
  });
  const analyzes = options.some(({ name }) => name === 'analyze');
  const telling = options.find(({ name, value }) => !harmless.has(name) && !isSilent(name, value, analyzes));
  const silent = options.some(({ name }) => name === 'buffers');
  const byDefault = analyzes && !silent && serverVersion >= buffersByDefault ? 'buffers' : null;
  return { analyzes, tellsBy: telling?.name ?? byDefault };
}

/** An option that is switched off, or the format of lines. What a statement prints that does not run says nothing of sizes in any format. */
function isSilent(name: string, value: unknown, analyzes: boolean): boolean {
  if (name === 'format') return !analyzes || stringOf(value)?.toLowerCase() === 'text';
  const integer = tagged(value, 'Integer');
  if (integer !== null) return integer.ival === undefined || integer.ival === 0;
  return ['off', 'false', 'none'].includes(stringOf(value)?.toLowerCase() ?? '');
}

/**
 * The column of a plan, with the constants hidden that are not the statement's own: PostgreSQL puts views, policies and SQL
 * functions into the plan as they are written, and whoever defined them may have written somebody's address.
 */
export function withoutDefinitions(
  columns: readonly Column[] | null,
  statement: ParsedStatement,
  catalog: MaskedCatalog,
): readonly Column[] | null {
  if (columns === null || !printsDefinitions(statement, catalog)) return columns;
  const constants = ownConstants(statement.tree);
  return columns.map(({ name, lineage: { sources } }) => ({
    name,
    lineage: planLineage(planMask({ sizes: sources.size > 0, constants })),
  }));
}

/** Whether the plan may have expressions that the statement does not have: of views, policies, functions, columns and defaults. */
function printsDefinitions({ effects }: ParsedStatement, { byOid, userFunctions }: MaskedCatalog): boolean {
  if (effects.writes.length > 0 || effects.functions.some(({ name }) => userFunctions.has(name))) return true;
  return effects.reads.some(({ oid, via }) => {
    const relation = oid === null ? undefined : byOid.get(oid)?.relation;
    if (via !== undefined || relation === undefined) return true;
    return (
      relation.kind === 'v' ||
      relation.rowSecurity !== undefined ||
      relation.columns.some(({ generated }) => generated !== null)
    );
  });
}

/** Constants of a statement as a plan would print them, without quotes. */
function ownConstants(tree: unknown): readonly string[] {
  const numbers: string[] = [];
  walk(tree, (node, key) => {
    if (key !== 'A_Const') return undefined;
    if (isNode(node.fval)) numbers.push(textOf(node.fval.fval) ?? '');
    if (isNode(node.ival)) numbers.push(String(node.ival.ival ?? 0));
    return undefined;
  });
  // An empty text has no `sval` in the tree, and stays by itself: it holds nothing.
  return [...constantsOf(tree), ...numbers];
}
