import type { BoundValue, MaskedColumn, Outcome, RecordedDecision, Replay } from '../../contract/index.ts';
import type { RecordBody } from '../journal/records.ts';
import { type Look, paint } from './ansi.ts';
import type { ReplayTape } from './replay-tape.ts';
import { drawTable } from './result-table.ts';
import { type SqlTokenKind, sqlTokens } from './sql-tokens.ts';
import { fitToWidth, terminalSafe, terminalSafeLines } from './terminal-text.ts';
import { counted, decisionWords, duration } from './words.ts';
import { wrapWords } from './wrap.ts';

type StatementBody = Extract<RecordBody, { type: 'statement' }>;
type ResultBody = Extract<RecordBody, { type: 'result' }>;

/** Typing is shown before the moment of the record, so that answers keep their real moment. */
const typingMs = 400;
const typingFrames = 6;
const maxTextLength = 20_000;
const maxRowsDrawn = 100;

const tokenLooks: Record<SqlTokenKind, Look> = {
  keyword: 'blue',
  string: 'green',
  number: 'cyan',
  comment: 'dim',
  other: 'plain',
};

/** One statement on the terminal, from its prompt to its outcome. */
export class StatementScene {
  readonly seq: number;
  readonly text: string;
  /** Milliseconds from the start at which its typing begins. */
  at = 0;
  decision: RecordedDecision | null = null;
  outcome: Outcome | null = null;
  masked = false;
  waiting = false;
  readonly #tape: ReplayTape;
  readonly #prompt: string;
  readonly #columns: number;
  readonly #body: StatementBody;
  #heldAt = 0;
  #result: ResultBody | null = null;
  #rows: (readonly (string | null)[])[] = [];
  #rowsSeen = 0;

  constructor(tape: ReplayTape, database: string, columns: number, body: StatementBody) {
    this.seq = body.statement;
    this.text = body.text.slice(0, 400);
    this.#tape = tape;
    this.#prompt = terminalSafe(database) || 'postern';
    this.#columns = columns;
    this.#body = body;
  }

  /** Types prompt and text, so that it is complete at `time` (milliseconds since the epoch). */
  typed(time: number): void {
    const pieces = this.#pieces();
    const begin = Math.max(this.#tape.now, this.#tape.offsetOf(time) - typingMs);
    const end = Math.max(begin, this.#tape.offsetOf(time));
    this.#tape.moveToOffset(begin);
    this.at = this.#tape.now;
    this.#tape.shownStatement = this.seq;
    this.#tape.freshLine();
    const perFrame = Math.max(1, Math.ceil(pieces.length / typingFrames));
    for (let index = 0; index < pieces.length; index += perFrame) {
      this.#tape.moveToOffset(Math.round(begin + ((end - begin) * index) / pieces.length));
      this.#tape.write(pieces.slice(index, index + perFrame).join(''));
    }
    this.#tape.moveToOffset(end);
    this.#tape.write('\r\n');
    this.#parameters(this.#body.parameters);
  }

  held(deadlineInMs: number): void {
    this.waiting = true;
    this.#heldAt = this.#tape.now;
    const { rule } = this.#body;
    this.#introduce();
    this.#say('yellow', `\u2016 held: ${terminalSafe(rule.title)}. ${terminalSafe(rule.reason)}`);
    this.#tape.line(paint('yellow', `  waiting for the operator, ${duration(Math.max(0, deadlineInMs))} at most`));
  }

  decided(decision: RecordedDecision, time: number): void {
    const waited = this.waiting ? ` after ${duration(this.#tape.offsetOf(time) - this.#heldAt)}` : '';
    this.waiting = false;
    this.decision = decision;
    const reason = decision.reason === null ? '' : `: ${terminalSafe(decision.reason)}`;
    const good = decision.state === 'approved';
    this.#introduce();
    this.#say(
      good ? 'green' : 'red',
      `${good ? '\u2714' : '\u2718'} ${terminalSafe(decisionWords(decision))}${waited}${reason}`,
    );
  }

  result(body: ResultBody): void {
    this.#drawResult();
    this.#result = body;
    if (body.maskedColumns.length > 0) this.masked = true;
  }

  rows(rows: readonly (readonly (string | null)[])[]): void {
    this.#rowsSeen += rows.length;
    this.#rows.push(...rows.slice(0, Math.max(0, maxRowsDrawn - this.#rows.length)));
  }

  ended(outcome: Outcome, rowsRecorded: number): void {
    this.outcome = outcome;
    this.waiting = false;
    if (outcome.maskedColumns.length > 0) this.masked = true;
    this.#introduce();
    const drewTable = this.#drawResult();
    if (drewTable && outcome.rows > rowsRecorded && outcome.status === 'ok') {
      this.#tape.line(
        paint(
          'dim',
          `${counted(outcome.rows, 'row')} went to the agent; the first ${rowsRecorded.toLocaleString('en-US')} are recorded`,
        ),
      );
    }
    for (const tag of outcome.tags) if (!drewTable || !tag.startsWith('SELECT ')) this.#tape.line(terminalSafe(tag));
    this.#drawEnding(outcome);
    const waited = outcome.waitedMs > 0 ? `, held ${duration(outcome.waitedMs)}` : '';
    this.#tape.line(paint('dim', `Time: ${duration(outcome.durationMs)}${waited}`));
    this.#tape.line('');
  }

  #drawEnding(outcome: Outcome): void {
    const said = terminalSafe(outcome.message ?? '');
    const error = `ERROR:  ${outcome.sqlstate ?? ''}: ${said}`;
    if (outcome.status === 'refused') {
      const { rule } = this.#body;
      this.#say('refusal', `\u2716 refused, not executed: ${terminalSafe(rule.title)}. ${terminalSafe(rule.reason)}`);
      if (outcome.sqlstate !== null) this.#say('red', error);
      if (rule.hint !== null) this.#say('dim', `HINT:  ${terminalSafe(rule.hint)}`);
    } else if (outcome.status === 'error') this.#say('red', error);
    else if (outcome.status !== 'ok') {
      this.#tape.line(paint('yellow', `${outcome.status}${said === '' ? '' : `: ${said}`}`));
    }
  }

  /** Draws the result that was collected, if any. Returns whether there was one. */
  #drawResult(): boolean {
    const result = this.#result;
    if (result === null) return false;
    this.#introduce();
    const masks = new Map(result.maskedColumns.map((column) => [column.name, column]));
    const columns = result.columns.map(({ name, typeOid }) => ({ name, typeOid, masked: masks.has(name) }));
    for (const line of drawTable({ columns, rows: this.#rows }, this.#columns)) this.#tape.line(line);
    const undrawn = this.#rowsSeen - this.#rows.length;
    const more = undrawn > 0 ? `, ${undrawn.toLocaleString('en-US')} of them not drawn here` : '';
    this.#tape.line(`(${counted(this.#rowsSeen, 'row')}${more})`);
    if (masks.size > 0) this.#say('magenta', `* masked: ${[...masks.values()].map(maskWords).join('; ')}`);
    this.#result = null;
    this.#rows = [];
    this.#rowsSeen = 0;
    return true;
  }

  /** One sentence or more, broken between words. */
  #say(look: Look, text: string): void {
    for (const line of wrapWords(text, this.#columns)) this.#tape.line(paint(look, line));
  }

  /** In a pipeline the answers come after later prompts: say whose answer it is. */
  #introduce(): void {
    if (this.#tape.shownStatement === this.seq) return;
    this.#tape.shownStatement = this.seq;
    this.#tape.line(paint('dim', `\u2500\u2500 statement ${this.seq}`));
  }

  #parameters(parameters: readonly BoundValue[]): void {
    if (parameters.length === 0) return;
    const said = parameters.map(({ text, truncated }, index) => {
      const value = text === null ? 'NULL' : `'${terminalSafe(text)}'${truncated ? ' (cut)' : ''}`;
      return `$${index + 1} = ${fitToWidth(value, 60)}`;
    });
    this.#tape.line(paint('dim', `  ${said.join('  ')}`));
  }

  /** Prompt and coloured text, in pieces that are typed. */
  #pieces(): string[] {
    const { text } = this.#body;
    const cut = text.length > maxTextLength ? text.slice(0, maxTextLength) : text;
    const continued = `\r\n${paint('dim', `${this.#prompt}-> `)}`;
    const pieces = sqlTokens(cut).map(({ kind, text: piece }) =>
      terminalSafeLines(piece)
        .map((line) => paint(tokenLooks[kind], line))
        .join(continued),
    );
    if (text.length > maxTextLength || this.#body.textDigest !== null) pieces.push(paint('dim', ' \u2026 (cut)'));
    return [paint('bold', `${this.#prompt}=> `), ...pieces];
  }
}

function maskWords({ name, masker, rule }: MaskedColumn): string {
  return `${terminalSafe(name)} (${terminalSafe(masker)}, rule ${terminalSafe(rule)})`;
}

/** The first words of a statement on one line, for a list of jump marks. */
export function markerLabel(scene: StatementScene): string {
  return fitToWidth(terminalSafe(scene.text.replace(/\s+/g, ' ').trim()), 80);
}

/** The one thing that matters most about a statement. */
export function markerKind({ outcome, decision, waiting, masked }: StatementScene): Replay['markers'][number]['kind'] {
  if (decision !== null && decision.state !== 'approved') return 'denied';
  if (outcome?.status === 'refused') return 'refused';
  if (outcome?.status === 'error' || outcome?.status === 'lost') return 'error';
  if (decision !== null) return 'approved';
  if (waiting) return 'held';
  return masked ? 'masked' : 'allowed';
}
