import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { BoundValue } from '../../../contract/index.ts';
import { counted, decisionWords, duration, outcomeWords } from '../words.ts';
import { type CaseVerdict, caseVerdict, type ResultSample, rowsShown, type StatementCase } from './case.ts';
import { chip, codeBlock, facts, heading, rule, table } from './parts.ts';
import type { Colour, Sheet } from './sheet.ts';
import { timeOfDay, utc } from './times.ts';

const verdictColours: Record<CaseVerdict, Colour> = {
  allowed: 'green',
  approved: 'green',
  denied: 'red',
  held: 'amber',
  refused: 'red',
  terminated: 'red',
  failed: 'amber',
};
const maxTextLength = 6_000;
const maxParameters = 20;
const maxParameterLength = 300;
const maxColumns = 7;

/** A section per statement, until the page limit; then a note says which are not printed. */
export async function printStatements(sheet: Sheet, cases: readonly StatementCase[], maxPages: number): Promise<void> {
  heading(sheet, 'Statements');
  if (cases.length === 0) sheet.text('None.');
  for (const [index, one] of cases.entries()) {
    if (sheet.pages >= maxPages) {
      printLimit(sheet, one, cases, index, maxPages);
      return;
    }
    printCase(sheet, one);
    // The gate runs in the same process; a statement takes a few milliseconds to set.
    await setImmediate();
  }
}

function printLimit(
  sheet: Sheet,
  one: StatementCase,
  cases: readonly StatementCase[],
  index: number,
  maxPages: number,
): void {
  const last = cases.at(-1)?.body.statement ?? one.body.statement;
  sheet.text(
    `Statements ${one.body.statement} to ${last} (${counted(cases.length - index, 'statement')}) are not printed: a report has about ${maxPages} pages at most. They are counted in the summary above, and the journal holds every one of them.`,
    { font: 'bold', colour: 'amber', size: 10.5 },
  );
}

function printCase(sheet: Sheet, one: StatementCase): void {
  const { body, outcome, decision } = one;
  const verdict = caseVerdict(one);
  sheet.ensure(96);
  const title = `Statement ${body.statement}`;
  sheet.put(title, sheet.left, sheet.y, { font: 'bold', size: 11.5, colour: 'ink' });
  const after = sheet.left + sheet.widthOf(title, 'bold', 11.5) + 10;
  chip(sheet, verdict.toUpperCase(), after, sheet.y, verdictColours[verdict]);
  const when = utc(one.at);
  sheet.put(when, sheet.left + sheet.width - sheet.widthOf(when, 'sans', 8.6), sheet.y + 2, {
    font: 'sans',
    size: 8.6,
    colour: 'muted',
  });
  sheet.y += 20;
  printText(sheet, one, verdictColours[verdict]);
  facts(
    sheet,
    [
      ...parameterFacts(body.parameters),
      ['Effects', effectsWords(one)],
      ['Rule', `${body.rule.title}: ${body.rule.reason}`],
      ...(decision === null ? [] : [['Decision', decisionFact(one)] as const]),
      ['Outcome', outcomeFact(one)],
      ...one.notices.map(
        ({ severity, sqlstate, message }) => ['Notice', `${severity} ${sqlstate}: ${message}`] as const,
      ),
      ...(outcome === null || outcome.maskedColumns.length === 0
        ? []
        : [['Masked', maskWords(outcome.maskedColumns)] as const]),
      ['Evidence', evidenceFact(one), 'mono'],
    ],
    74,
  );
  for (const result of one.results) printResult(sheet, result);
  sheet.space(4);
  rule(sheet);
  sheet.space(12);
}

function printText(sheet: Sheet, { body }: StatementCase, stripe: Colour): void {
  const { text, textDigest } = body;
  codeBlock(sheet, text === '' ? '(empty)' : text.slice(0, maxTextLength), stripe);
  if (text.length > maxTextLength || textDigest !== null) {
    const digest = textDigest ?? createHash('sha256').update(text, 'utf8').digest('hex');
    const shown = Math.min(maxTextLength, text.length).toLocaleString('en-US');
    sheet.text(`Only the first ${shown} characters are shown. SHA-256 of the whole text: ${digest}`, {
      size: 8.2,
      colour: 'muted',
    });
  }
}

function parameterFacts(parameters: readonly BoundValue[]): (readonly [string, string, 'mono'])[] {
  const shown = parameters.slice(0, maxParameters).map(({ text, truncated }, index) => {
    const value = text === null ? 'NULL' : `'${text.slice(0, maxParameterLength)}'`;
    return `$${index + 1} = ${value}${truncated || (text ?? '').length > maxParameterLength ? ' (cut)' : ''}`;
  });
  if (parameters.length > maxParameters) shown.push(`and ${parameters.length - maxParameters} more`);
  return shown.length === 0 ? [] : [['Values', shown.join('\n'), 'mono']];
}

function effectsWords({ body: { effects } }: StatementCase): string {
  const parts = [effects.kinds.map((kind) => kind.replaceAll('_', ' ')).join(', ') || 'none'];
  if (effects.reads.length > 0) parts.push(`reads ${effects.reads.join(', ')}`);
  if (effects.writes.length > 0) parts.push(`writes ${effects.writes.join(', ')}`);
  if (!effects.understood) parts.push('not fully understood, so treated with suspicion');
  return parts.join('; ');
}

function decisionFact({ decision, hold }: StatementCase): string {
  if (decision === null) return '';
  const waited = hold === null ? '' : ` after ${duration(Math.max(0, decision.at - hold.at))}`;
  const reason = decision.reason === null ? '' : `. Reason: ${decision.reason}`;
  if (decision.retryOf !== undefined) return `${decisionWords(decision)}${reason}`;
  return `${decisionWords(decision)}${waited}, at ${timeOfDay(decision.at)} UTC${reason}`;
}

function outcomeFact({ outcome }: StatementCase): string {
  if (outcome === null) return 'none recorded: the session ended first, or still waits';
  const said = outcome.message === null ? '' : `. ${outcome.sqlstate ?? ''} ${outcome.message}`.trimEnd();
  const waited = outcome.waitedMs > 0 ? `, waited ${duration(outcome.waitedMs)}` : '';
  return `${outcomeWords(outcome)}${said} (${counted(outcome.rows, 'row')}, took ${duration(outcome.durationMs)}${waited})`;
}

function evidenceFact({ line, body, rowsDigest }: StatementCase): string {
  const rows = rowsDigest === null ? '' : `\nrows sent ${rowsDigest}`;
  return `journal line ${line}; SHA-256 of\nstatement ${body.digest}${rows}`;
}

function maskWords(
  columns: readonly { readonly name: string; readonly masker: string; readonly rule: string }[],
): string {
  return columns.map(({ name, masker, rule: by }) => `${name} (${masker}, rule ${by})`).join('; ');
}

function printResult(sheet: Sheet, { columns, maskedColumns, rows }: ResultSample): void {
  if (columns.length === 0 || rows.length === 0) return;
  const masked = new Set(maskedColumns.map(({ name }) => name));
  const shown = columns.slice(0, maxColumns);
  sheet.space(4);
  table(
    sheet,
    shown.map(({ name }) => ({
      head: masked.has(name) ? `${name} (masked)` : name,
      share: 1,
      font: 'mono' as const,
      colour: masked.has(name) ? ('purple' as const) : ('ink' as const),
    })),
    rows.map((row) => shown.map((_, at) => row[at] ?? 'NULL')),
  );
  const more = columns.length > maxColumns ? ` ${columns.length - maxColumns} more columns are not shown.` : '';
  sheet.text(`At most the first ${rowsShown} recorded rows, as the agent got them.${more}`, {
    size: 8,
    colour: 'muted',
  });
}
