import { z } from 'zod';
import {
  boundValue,
  effectsView,
  environment,
  maskedColumn,
  outcome,
  recordedDecision,
  ruleAnswer,
  sequenceKind,
  verdict,
} from '../../contract/index.ts';

const statementNumber = z.number().int().positive();

/** On which statement's request something was decided that reaches beyond its session. */
const approvalOrigin = {
  approvalId: z.string(),
  sessionId: z.string(),
  statement: statementNumber,
  agent: z.string(),
  subject: z.string(),
  connection: z.string(),
};

/** Everything a journal can say. One union; readers switch over `type` and end with assertNever. */
export const recordBody = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('session_start'),
    sessionId: z.string(),
    agent: z.string(),
    subject: z.string(),
    connection: z.string(),
    environment,
    policy: z.string(),
    database: z.string(),
    role: z.string(),
    applicationName: z.string().nullable(),
    clientAddress: z.string(),
    /** TLS protocol and cipher of the agent's side, null in the clear. Journals of 0.1.0 have neither this nor the next. */
    clientTls: z.string().nullable().optional(),
    /** The client's user id on this machine, null where the system does not tell. */
    clientUid: z.number().int().nullable().optional(),
    /** What the provider said of the subject, and of the token itself; an agent key has neither. */
    groups: z.array(z.string()).optional(),
    token: z
      .object({
        provider: z.string(),
        issuer: z.string(),
        subject: z.string(),
        client: z.string(),
        id: z.string().nullable(),
        expiresAt: z.number(),
      })
      .nullable()
      .optional(),
    /** The role that was made for this session alone; null where it ran as `role`. */
    sessionRole: z.string().nullable().optional(),
    serverVersion: z.string(),
    upstreamEncrypted: z.boolean(),
    upstreamProcessId: z.number().int(),
    gateVersion: z.string(),
  }),
  z.object({
    type: z.literal('statement'),
    statement: statementNumber,
    protocol: z.enum(['simple', 'extended', 'function_call']),
    text: z.string(),
    /**
     * SHA-256 of the whole text in hex when `text` is cut to the recording limit, else null. Of a message that was longer
     * than the gate takes (rule `limit.message`), that of the message behind its header.
     */
    textDigest: z.string().nullable(),
    parameters: z.array(boundValue),
    transaction: z.enum(['idle', 'open', 'failed']),
    effects: effectsView,
    verdict,
    rule: ruleAnswer,
    digest: z.string(),
  }),
  z.object({
    type: z.literal('hold'),
    statement: statementNumber,
    approvalId: z.string(),
    deadlineAt: z.number().int(),
  }),
  z.object({ type: z.literal('decision'), statement: statementNumber, decision: recordedDecision }),
  z.object({
    type: z.literal('result'),
    statement: statementNumber,
    columns: z.array(z.object({ name: z.string(), typeOid: z.number().int(), format: z.enum(['text', 'binary']) })),
    maskedColumns: z.array(maskedColumn),
  }),
  /** Rows as the agent got them: masked. Binary values as `\x…` hex unless a text form is known. */
  z.object({ type: z.literal('rows'), statement: statementNumber, rows: z.array(z.array(z.string().nullable())) }),
  z.object({
    type: z.literal('notice'),
    statement: statementNumber.nullable(),
    severity: z.string(),
    sqlstate: z.string(),
    message: z.string(),
  }),
  z.object({
    type: z.literal('outcome'),
    statement: statementNumber,
    outcome,
    rowsRecorded: z.number().int(),
    /** Bytes of all DataRow and CopyData messages as sent to the agent, and the SHA-256 over them in hex; null when none. */
    bytes: z.number().int(),
    rowsDigest: z.string().nullable(),
  }),
  z.object({ type: z.literal('session_end'), reason: z.string() }),
  z.object({
    type: z.literal('gate_start'),
    version: z.string(),
    listeners: z.array(z.string()),
    operatingSystemUser: z.string(),
    /** The newest journal of the gate that was there at its start, and its head hash; null when there was none. */
    previous: z.object({ name: z.string(), headHash: z.string() }).nullable().optional(),
  }),
  z.object({ type: z.literal('gate_stop'), reason: z.string() }),
  /** Somebody was not let in. Journals of 0.1.0 have no stage, process, agent and subject. */
  z.object({
    type: z.literal('login_refused'),
    /** How far it came: `start_up`, not to a proof; `log_in`, its proof failed; `session`, proved, but not to its database. */
    stage: z.enum(['start_up', 'log_in', 'session']).optional(),
    clientAddress: z.string(),
    clientUid: z.number().int().nullable().optional(),
    /** The client's process and program on this machine, null where the system does not tell. */
    clientPid: z.number().int().nullable().optional(),
    clientProgram: z.string().nullable().optional(),
    /** Claims of the start-up; empty when it did not come so far. */
    user: z.string(),
    database: z.string(),
    /** Who it is, once proved. */
    agent: z.string().nullable().optional(),
    subject: z.string().nullable().optional(),
    reason: z.string(),
  }),
  /** A CancelRequest with a key that is nobody's; `unread` more were turned away before it without a look at their key. */
  z.object({
    type: z.literal('cancel_refused'),
    clientAddress: z.string(),
    processId: z.number().int(),
    unread: z.number().int(),
  }),
  /** Refusals beyond those that are recorded one by one, of one address within a minute; null: of several more addresses. */
  z.object({
    type: z.literal('refusals_counted'),
    clientAddress: z.string().nullable(),
    since: z.number().int(),
    until: z.number().int(),
    /** By how far they came, and cancel requests. */
    startUps: z.number().int(),
    logIns: z.number().int(),
    sessions: z.number().int(),
    cancels: z.number().int(),
    lastReason: z.string(),
  }),
  /** The password of an upstream account was entered at the desk (`supplied`) or dropped (`forgotten`), or the server refused it. */
  z.object({
    type: z.literal('credential'),
    event: z.enum(['supplied', 'forgotten', 'rejected']),
    connection: z.string(),
    by: z.string().nullable(),
  }),
  /** A connection reached another database than the one that it is known for: its statements are held. */
  z.object({ type: z.literal('target_doubted'), connection: z.string(), reason: z.string() }),
  /** A journal was looked into at the desk: of a session, or the gate's own (`sessionId` null). PCI DSS 10.2.1.3. */
  z.object({
    type: z.literal('journal_read'),
    how: z.enum(['shown', 'verified', 'replayed', 'reported']),
    sessionId: z.string().nullable(),
    by: z.string(),
  }),
  /**
   * In the gate's own journal: what became of a held statement that its agent gave up, see docs/journal-format.md. `offered`
   * to the operator for the agent's retry, `issued` a ticket or `denied`, `redeemed` by the statement in `usedBy` or
   * `refused` to it, `expired`, `withdrawn`, `replaced` by the agent's next try.
   */
  z.object({
    type: z.literal('retry'),
    event: z.enum(['offered', 'issued', 'denied', 'redeemed', 'refused', 'expired', 'withdrawn', 'replaced']),
    ...approvalOrigin,
    rule: z.string(),
    digest: z.string(),
    until: z.number().int(),
    by: z.string().nullable(),
    via: z.string().nullable(),
    reason: z.string().nullable(),
    usedBy: z.object({ sessionId: z.string(), statement: statementNumber }).nullable(),
  }),
  /**
   * In the gate's own journal: a whole sequence was `approved` or `denied` on the request of one statement, or `ended`, after
   * so many further statements. What each statement of it was answered is in its session's journal.
   */
  z.object({
    type: z.literal('sequence'),
    event: z.enum(['approved', 'denied', 'ended']),
    ...approvalOrigin,
    kind: sequenceKind,
    schemas: z.array(z.string()),
    until: z.number().int(),
    statements: z.number().int(),
    by: z.string().nullable(),
    via: z.string().nullable(),
    reason: z.string().nullable(),
  }),
  /**
   * In the gate's own journals: what became of the seal over settings, known databases and keys (docs/sealed-settings.md).
   * `sealed` anew after a change, `checked` at a start, `completed` a save that was cut off, `edited` by another program while
   * the gate ran, `broken` as found at a start, `accepted` or `restored` by the operator. `digest` is of what was found or sealed.
   */
  z.object({
    type: z.literal('seal'),
    event: z.enum(['sealed', 'checked', 'completed', 'edited', 'broken', 'accepted', 'restored']),
    /** Path of the seal. */
    seal: z.string(),
    /** Fingerprint of the sealing key; null when it is not known. */
    key: z.string().nullable(),
    counter: z.number().int().nullable(),
    digest: z.string(),
    reason: z.string().nullable(),
    by: z.string(),
  }),
  /**
   * In the gate's own journal: the operator signed in at a provider or out, or a program of this user asked for an access
   * token of that sign-in. `by` is null when nobody answered. No token is in it.
   */
  z.object({
    type: z.literal('sign_in'),
    event: z.enum(['signed_in', 'signed_out', 'token_given', 'token_refused']),
    provider: z.string(),
    subject: z.string(),
    /** What the token was asked for; null for a sign-in. */
    connection: z.string().nullable(),
    by: z.string().nullable(),
    reason: z.string().nullable(),
  }),
  z.object({ type: z.literal('settings_changed'), what: z.string(), by: z.string() }),
]);
export type RecordBody = z.infer<typeof recordBody>;

/** One entry of a journal as read back. */
export interface JournalRecord {
  /** Position in the file, from 1. */
  readonly seq: number;
  /** Milliseconds since the epoch when it was written. */
  readonly time: number;
  readonly body: RecordBody;
}

/** Appends to one journal. Every method throws JournalError when the record is not safely written: the caller must then refuse. */
export interface JournalWriter {
  readonly path: string;
  /** Writes one record to the file (write(2) has returned: it survives the death of this process). */
  append(body: RecordBody): void;
  /** Makes everything appended so far survive a power loss (fdatasync, grouped over callers). */
  sync(): Promise<void>;
  /** Writes a final checkpoint and closes the file. */
  close(): Promise<void>;
}
