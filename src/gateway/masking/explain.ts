import { listOf, stringOf, type TreeNode, tagged, textOf } from './tree.ts';

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
