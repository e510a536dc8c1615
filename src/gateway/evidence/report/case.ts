import type { Outcome, RecordedDecision } from '../../../contract/index.ts';
import type { JournalRecord, RecordBody } from '../../journal/records.ts';

type Body<T extends RecordBody['type']> = Extract<RecordBody, { type: T }>;

/** A result as the report shows it: a few rows only. */
export interface ResultSample {
  readonly columns: Body<'result'>['columns'];
  readonly maskedColumns: Body<'result'>['maskedColumns'];
  readonly rows: Body<'rows'>['rows'];
}

/** All that the journal says of one statement. */
export interface StatementCase {
  readonly body: Body<'statement'>;
  /** Number of the journal line and moment (milliseconds since the epoch) of the statement's record. */
  readonly line: number;
  readonly at: number;
  readonly hold: { readonly at: number; readonly deadlineAt: number } | null;
  readonly decision: RecordedDecision | null;
  readonly outcome: Outcome | null;
  readonly rowsRecorded: number;
  readonly rowsDigest: string | null;
  readonly results: readonly ResultSample[];
  readonly notices: readonly Body<'notice'>[];
}

/** Rows and results of one statement that a report shows; more would bury what it is about. */
export const rowsShown = 5;
const resultsKept = 4;
const noticesKept = 5;

type Draft = { -readonly [K in keyof StatementCase]: StatementCase[K] } & {
  results: (Omit<ResultSample, 'rows'> & { rows: Body<'rows'>['rows'] })[];
  notices: Body<'notice'>[];
};

/** Gathers the records of a session by statement, in the order the statements came. */
export function statementCases(records: Iterable<JournalRecord>): StatementCase[] {
  const cases = new Map<number, Draft>();
  for (const record of records) {
    if (record.body.type === 'statement') cases.set(record.body.statement, opened(record, record.body));
    else if ('statement' in record.body && record.body.statement !== null) {
      const draft = cases.get(record.body.statement);
      if (draft !== undefined) add(draft, record.time, record.body);
    }
  }
  return [...cases.values()];
}

function opened(record: JournalRecord, body: Body<'statement'>): Draft {
  return {
    body,
    line: record.seq,
    at: record.time,
    hold: null,
    decision: null,
    outcome: null,
    rowsRecorded: 0,
    rowsDigest: null,
    results: [],
    notices: [],
  };
}

function add(draft: Draft, time: number, body: RecordBody): void {
  if (body.type === 'hold') draft.hold = { at: time, deadlineAt: body.deadlineAt };
  if (body.type === 'decision') draft.decision = body.decision;
  if (body.type === 'notice' && draft.notices.length < noticesKept) draft.notices.push(body);
  if (body.type === 'result' && draft.results.length < resultsKept) {
    draft.results.push({ columns: body.columns, maskedColumns: body.maskedColumns, rows: [] });
  }
  if (body.type === 'rows') {
    const rows = draft.results.at(-1)?.rows;
    rows?.push(...body.rows.slice(0, Math.max(0, rowsShown - rows.length)));
  }
  if (body.type === 'outcome') {
    draft.outcome = body.outcome;
    draft.rowsRecorded = body.rowsRecorded;
    draft.rowsDigest = body.rowsDigest;
  }
}

/** What a reader wants to know first about a statement. */
export type CaseVerdict = 'allowed' | 'approved' | 'denied' | 'held' | 'refused' | 'terminated' | 'failed';

/** The one word that the report puts beside a statement. */
export function caseVerdict({ body, decision, outcome }: StatementCase): CaseVerdict {
  if (body.verdict === 'terminate') return 'terminated';
  if (decision !== null) return decision.state === 'approved' ? 'approved' : 'denied';
  if (body.verdict === 'block' || outcome?.status === 'refused') return 'refused';
  if (body.verdict === 'ask') return 'held';
  return outcome?.status === 'error' || outcome?.status === 'lost' ? 'failed' : 'allowed';
}
