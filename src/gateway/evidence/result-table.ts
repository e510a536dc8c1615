import { type Look, paint } from './ansi.ts';
import { displayWidth, fitToWidth, terminalSafe } from './terminal-text.ts';

interface ResultColumn {
  readonly name: string;
  readonly typeOid: number;
  readonly masked: boolean;
}

interface ResultTable {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Types that psql aligns right: int2, int4, int8, oid, xid, cid, float4, float8, money, numeric (pg_type.dat). */
const numericOids = new Set([20, 21, 23, 26, 28, 29, 700, 701, 790, 1700]);
const maxCellWidth = 60;

/**
 * Lines that draw a result the way psql's aligned format does; wider than `width`, each row is drawn upright like `\x auto`.
 * Masked columns carry a `*` and a colour. NULL is shown as `∅`.
 */
export function drawTable(table: ResultTable, width: number): string[] {
  const heads = table.columns.map(
    ({ name, masked }) => fitToWidth(terminalSafe(name), maxCellWidth) + (masked ? '*' : ''),
  );
  const cells = table.rows.map((row) => table.columns.map((_, at) => cellText(row[at] ?? null)));
  const widths = heads.map((head, at) =>
    Math.max(displayWidth(head), ...cells.map((row) => displayWidth(row[at] ?? ''))),
  );
  const total = widths.reduce((sum, one) => sum + one + 3, -1);
  return total <= width ? drawAligned(table, heads, cells, widths) : drawUpright(table, heads, cells, width);
}

function cellText(value: string | null): string {
  return value === null ? '\u2205' : fitToWidth(terminalSafe(value), maxCellWidth);
}

function drawAligned(
  table: ResultTable,
  heads: readonly string[],
  cells: readonly (readonly string[])[],
  widths: readonly number[],
): string[] {
  const line = (texts: readonly string[], look: (at: number) => Look, right: (at: number) => boolean): string =>
    texts.map((text, at) => ` ${paint(look(at), pad(text, widths[at] ?? 0, right(at)))} `).join('|');
  const masked = (at: number) => table.columns[at]?.masked === true;
  return [
    line(
      heads,
      (at) => (masked(at) ? 'magenta' : 'bold'),
      () => false,
    ),
    widths.map((one) => '-'.repeat(one + 2)).join('+'),
    ...cells.map((row) =>
      line(
        row,
        (at) => cellLook(masked(at), row[at]),
        (at) => numericOids.has(table.columns[at]?.typeOid ?? 0),
      ),
    ),
  ];
}

function drawUpright(
  table: ResultTable,
  heads: readonly string[],
  cells: readonly (readonly string[])[],
  width: number,
): string[] {
  const headWidth = Math.max(...heads.map(displayWidth));
  return cells.flatMap((row, index) => {
    const title = `-[ RECORD ${index + 1} ]`;
    return [
      title + '-'.repeat(Math.max(0, Math.min(width, headWidth + 40) - title.length)),
      ...row.map((cell, at) => {
        const masked = table.columns[at]?.masked === true;
        const head = paint(masked ? 'magenta' : 'bold', pad(heads[at] ?? '', headWidth, false));
        return `${head} | ${paint(cellLook(masked, cell), fitToWidth(cell, Math.max(8, width - headWidth - 3)))}`;
      }),
    ];
  });
}

function cellLook(masked: boolean, cell: string | undefined): Look {
  if (masked) return 'magenta';
  return cell === '\u2205' ? 'dim' : 'plain';
}

function pad(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return right ? space + text : text + space;
}
