import { assertNever, type Replay, type SessionSummary } from '../../contract/index.ts';
import type { JournalRecord, RecordBody } from '../journal/records.ts';
import { paint } from './ansi.ts';
import { markerKind, markerLabel, StatementScene } from './replay-statement.ts';
import { ReplayTape } from './replay-tape.ts';
import { terminalSafe } from './terminal-text.ts';

interface ReplayOptions {
  /** Width of the terminal in cells. */
  readonly columns?: number;
}

const defaultColumns = 100;

/**
 * Draws a session as a terminal would have shown it: statements typed at a psql-like prompt, holds, decisions, masked results,
 * errors and refusals, each at the moment it was recorded. Pure. All recorded text is made terminal-safe; the only control
 * sequences in the frames are colours and CR LF. Very long sessions are cut with a note.
 */
export function buildReplay(
  summary: SessionSummary,
  records: Iterable<JournalRecord>,
  options: ReplayOptions = {},
): Replay {
  const columns = options.columns ?? defaultColumns;
  const tape = new ReplayTape(summary.startedAt);
  const scenes = new Map<number, StatementScene>();
  const shown: StatementScene[] = [];
  let ended = false;
  for (const record of records) {
    if (tape.full) break;
    const { body } = record;
    if (body.type === 'session_end') ended = true;
    if (body.type === 'statement') {
      const scene = new StatementScene(tape, summary.database, columns, body);
      scenes.set(body.statement, scene);
      shown.push(scene);
      scene.typed(record.time);
    } else {
      tape.moveTo(record.time);
      draw(tape, scenes, record.time, body, summary);
    }
  }
  tape.finish(ended || summary.live ? null : 'The recording ends here: the session was interrupted.');
  return {
    summary,
    durationMs: tape.durationMs,
    columns,
    frames: tape.frames,
    markers: shown.map((scene) => ({
      at: scene.at,
      seq: scene.seq,
      label: markerLabel(scene),
      kind: markerKind(scene),
    })),
  };
}

function draw(
  tape: ReplayTape,
  scenes: Map<number, StatementScene>,
  time: number,
  body: Exclude<RecordBody, { type: 'statement' }>,
  summary: SessionSummary,
): void {
  switch (body.type) {
    case 'session_start':
      return drawBanner(tape, body, summary);
    case 'hold':
      return scenes.get(body.statement)?.held(body.deadlineAt - time);
    case 'decision':
      return scenes.get(body.statement)?.decided(body.decision, time);
    case 'result':
      return scenes.get(body.statement)?.result(body);
    case 'rows':
      return scenes.get(body.statement)?.rows(body.rows);
    case 'notice':
      return tape.line(`${paint('yellow', `${terminalSafe(body.severity)}:`)}  ${terminalSafe(body.message)}`);
    case 'outcome':
      scenes.get(body.statement)?.ended(body.outcome, body.rowsRecorded);
      // What is drawn needs no memory; a pipeline's later records may still ask for the others.
      scenes.delete(body.statement);
      return;
    case 'session_end':
      return tape.line(paint('dim', `\u2500\u2500 session ended: ${terminalSafe(body.reason)}`));
    case 'gate_start':
    case 'gate_stop':
    case 'login_refused':
    case 'cancel_refused':
    case 'refusals_counted':
    case 'credential':
    case 'target_doubted':
    case 'journal_read':
    case 'retry':
    case 'sequence':
    case 'seal':
    case 'settings_changed':
    case 'sign_in':
      return;
    default:
      return assertNever(body);
  }
}

function drawBanner(
  tape: ReplayTape,
  start: Extract<RecordBody, { type: 'session_start' }>,
  summary: SessionSummary,
): void {
  const started = new Date(summary.startedAt).toISOString().replace('T', ' ').slice(0, 19);
  const say = (text: string) => terminalSafe(text);
  tape.line(`${paint('bold', 'Postern')} session ${say(summary.id)}, ${started} UTC`);
  tape.line(
    paint(
      'dim',
      `${say(start.agent)} (${say(start.subject)}) as ${say(start.role)} on ${say(start.database)} via ${say(start.connection)}, ${start.environment}, PostgreSQL ${say(start.serverVersion)}`,
    ),
  );
  tape.line('');
}
