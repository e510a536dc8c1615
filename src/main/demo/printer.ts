import type { Fact } from './facts.ts';

/** Prints the demo for a person who reads along. */
export interface Printer {
  heading(text: string): void;
  agent(statement: string): void;
  operator(text: string): void;
  answer(text: string): void;
  rows(rows: readonly Readonly<Record<string, unknown>>[]): void;
  fact(fact: Fact): void;
  plain(text: string): void;
}

/** Widest cell that is shown, in characters. */
const cellWidth = 28;

export function createPrinter(print: (text: string) => void, colour: boolean): Printer {
  const paint = (code: number, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const indented = (text: string): string => text.replace(/^/gm, '    ');
  return {
    heading: (text) => print(`\n${paint(1, text)}\n`),
    agent: (statement) => print(`  ${paint(36, 'agent')}     ${statement}\n`),
    operator: (text) => print(`  ${paint(33, 'operator')}  ${text}\n`),
    answer: (text) => print(`${indented(text)}\n`),
    rows: (rows) => print(`${indented(table(rows))}\n`),
    fact: ({ what, ok, seen }) =>
      print(ok ? `    ${paint(32, '✓')} ${what}\n` : `    ${paint(31, '✗')} ${what}: ${seen}\n`),
    plain: (text) => print(`${text}\n`),
  };
}

/** Rows in columns, as psql aligns them. */
export function table(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => names.map((name) => clip(row[name] === null ? 'NULL' : String(row[name]))));
  const widths = names.map((name, column) => Math.max(name.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(' │ ')
      .trimEnd();
  return [line(names), widths.map((width) => '─'.repeat(width)).join('─┼─'), ...cells.map(line)].join('\n');
}

function clip(text: string): string {
  return text.length > cellWidth ? `${text.slice(0, cellWidth - 1)}…` : text;
}
