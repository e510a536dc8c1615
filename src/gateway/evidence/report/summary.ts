import type { EffectKind } from '../../../contract/index.ts';
import { counted, decisionWords } from '../words.ts';
import { type CaseVerdict, caseVerdict, type StatementCase } from './case.ts';
import { heading, subheading, table } from './parts.ts';
import type { Sheet } from './sheet.ts';
import { timeOfDay } from './times.ts';

const changes = new Set<EffectKind>([
  'insert',
  'update',
  'delete',
  'merge',
  'truncate',
  'ddl',
  'dcl',
  'copy_in',
  'copy_file',
  'copy_program',
]);
const rowsPerTable = 60;

/** What happened, on a page or two, for a reader who knows no SQL. */
export function printSummary(sheet: Sheet, cases: readonly StatementCase[]): void {
  heading(sheet, 'What happened');
  for (const sentence of sentences(cases)) sheet.text(sentence, { size: 10.5, gapAfter: 5 });
  sheet.space(6);
  const by = (...verdicts: readonly CaseVerdict[]) => cases.filter((one) => verdicts.includes(caseVerdict(one)));
  printHeld(
    sheet,
    cases.filter(({ hold, decision }) => hold !== null || decision !== null),
  );
  printRefused(sheet, by('refused', 'terminated'));
  printFailed(sheet, by('failed'));
  printTables(sheet, cases);
  printMasks(sheet, cases);
}

/** The story in sentences; every number is counted from the records. */
export function sentences(cases: readonly StatementCase[]): string[] {
  const executed = cases.filter(({ outcome }) => outcome?.status === 'ok');
  const changed = executed.filter(({ body }) => body.effects.kinds.some((kind) => changes.has(kind)));
  const verdicts = cases.map(caseVerdict);
  const count = (verdict: CaseVerdict) => verdicts.filter((one) => one === verdict).length;
  const approvers = [
    ...new Set(
      cases.flatMap(({ decision }) => (decision?.state === 'approved' && decision.by !== null ? [decision.by] : [])),
    ),
  ];
  const tickets = cases.filter(({ decision: one }) => one?.state === 'approved' && one.retryOf !== undefined).length;
  const wholes = cases.filter(
    ({ hold, decision: one }) => hold === null && one?.state === 'approved' && one.sequence !== undefined,
  ).length;
  const masked = cases.filter(({ outcome }) => (outcome?.maskedColumns.length ?? 0) > 0).length;
  const story: (string | false)[] = [
    cases.length === 0
      ? 'The agent sent no statement.'
      : `The agent sent ${counted(cases.length, 'statement')}. ${executed.length.toLocaleString('en-US')} of them ran to the end: ${(executed.length - changed.length).toLocaleString('en-US')} changed nothing, ${changed.length.toLocaleString('en-US')} changed data, structure or rights.`,
    count('approved') > 0 &&
      `${counted(count('approved'), 'statement')} ran only after approval${approvers.length > 0 ? ` by ${approvers.join(', ')}` : ''}.`,
    tickets > 0 &&
      `${counted(tickets, 'of them ran on a ticket', 'of them ran on tickets')}: approved after the agent had given up waiting, for one retry of the identical statement.`,
    wholes > 0 &&
      `${counted(wholes, 'of them did not wait by itself', 'of them did not wait by themselves')}: the sequence that they are part of had been approved as a whole.`,
    count('denied') > 0 &&
      `${counted(count('denied'), 'statement')} waited and did not run: denied, unanswered or given up.`,
    count('held') > 0 && `${counted(count('held'), 'statement')} needed a decision of which nothing is recorded.`,
    count('refused') + count('terminated') > 0 &&
      `${counted(count('refused') + count('terminated'), 'statement')} ${count('refused') + count('terminated') === 1 ? 'was' : 'were'} refused by a rule and never reached the database.`,
    count('failed') > 0 && `${counted(count('failed'), 'statement')} failed in the database.`,
    masked > 0 && `In the results of ${counted(masked, 'statement')} values were masked before the agent saw them.`,
  ];
  return story.filter((sentence) => sentence !== false);
}

function printHeld(sheet: Sheet, held: readonly StatementCase[]): void {
  section(
    sheet,
    'Held for a decision',
    held,
    [
      { head: 'No.', share: 0.5 },
      { head: 'Time (UTC)', share: 1.2 },
      { head: 'Statement', share: 3.2, font: 'mono' },
      { head: 'Decision', share: 2.4 },
      { head: 'Reason given', share: 2 },
    ],
    ({ body, at, decision }) => [
      String(body.statement),
      timeOfDay(at),
      body.text.replace(/\s+/g, ' '),
      decision === null ? 'none recorded' : decisionWords(decision),
      decision?.reason ?? '\u2013',
    ],
  );
}

function printRefused(sheet: Sheet, refused: readonly StatementCase[]): void {
  section(
    sheet,
    'Refused',
    refused,
    [
      { head: 'No.', share: 0.5 },
      { head: 'Time (UTC)', share: 1.2 },
      { head: 'Statement', share: 3.4, font: 'mono' },
      { head: 'Rule', share: 2 },
      { head: 'Why', share: 2.6 },
    ],
    ({ body, at }) => [
      String(body.statement),
      timeOfDay(at),
      body.text.replace(/\s+/g, ' '),
      body.rule.title,
      body.rule.reason,
    ],
  );
}

function printFailed(sheet: Sheet, failed: readonly StatementCase[]): void {
  section(
    sheet,
    'Failed in the database',
    failed,
    [
      { head: 'No.', share: 0.5 },
      { head: 'Time (UTC)', share: 1.2 },
      { head: 'Statement', share: 3.4, font: 'mono' },
      { head: 'Code', share: 0.8, font: 'mono' },
      { head: 'Message', share: 3 },
    ],
    ({ body, at, outcome }) => [
      String(body.statement),
      timeOfDay(at),
      body.text.replace(/\s+/g, ' '),
      outcome?.sqlstate ?? '\u2013',
      outcome?.message ?? '\u2013',
    ],
  );
}

function printTables(sheet: Sheet, cases: readonly StatementCase[]): void {
  const uses = new Map<string, { name: string; reads: number; writes: number }>();
  const use = (name: string) => {
    const known = uses.get(name) ?? { name, reads: 0, writes: 0 };
    uses.set(name, known);
    return known;
  };
  for (const { body, outcome } of cases) {
    if (outcome?.status !== 'ok') continue;
    for (const name of new Set(body.effects.reads)) use(name).reads += 1;
    for (const name of new Set(body.effects.writes)) use(name).writes += 1;
  }
  const sorted = [...uses.values()].sort((one, other) => one.name.localeCompare(other.name, 'en'));
  section(
    sheet,
    'Tables and views named by statements that ran',
    sorted,
    [
      { head: 'Name', share: 4, font: 'mono' },
      { head: 'Statements that read it', share: 2 },
      { head: 'Statements that wrote it', share: 2 },
    ],
    ({ name, reads, writes }) => [name, String(reads), String(writes)],
  );
}

function printMasks(sheet: Sheet, cases: readonly StatementCase[]): void {
  const masks = new Map<string, { name: string; masker: string; rule: string; statements: number }>();
  for (const { outcome } of cases) {
    const seen = new Set<string>();
    for (const { name, masker, rule } of outcome?.maskedColumns ?? []) {
      const key = JSON.stringify([name, masker, rule]);
      const known = masks.get(key) ?? { name, masker, rule, statements: 0 };
      if (!seen.has(key)) known.statements += 1;
      seen.add(key);
      masks.set(key, known);
    }
  }
  section(
    sheet,
    'Masked columns',
    [...masks.values()],
    [
      { head: 'Result column', share: 2, font: 'mono' },
      { head: 'Masked by', share: 1.6 },
      { head: 'Mask rule', share: 3 },
      { head: 'Statements', share: 1 },
    ],
    ({ name, masker, rule, statements }) => [name, masker, rule, String(statements)],
  );
}

function section<T>(
  sheet: Sheet,
  title: string,
  entries: readonly T[],
  columns: Parameters<typeof table>[1],
  row: (entry: T) => readonly string[],
): void {
  if (entries.length === 0) return;
  subheading(sheet, title);
  table(sheet, columns, entries.slice(0, rowsPerTable).map(row), 3);
  const left = entries.length - rowsPerTable;
  if (left > 0)
    sheet.text(`${left.toLocaleString('en-US')} more are not listed here; the statements themselves follow below.`, {
      colour: 'muted',
    });
}
