import { z } from 'zod';
import { environment, instant } from './common.ts';
import { statementEntry } from './statement.ts';

export const sessionCounts = z.object({
  statements: z.number().int(),
  held: z.number().int(),
  refused: z.number().int(),
  errors: z.number().int(),
  rows: z.number().int(),
});
export type SessionCounts = z.infer<typeof sessionCounts>;

export const sessionSummary = z.object({
  id: z.string(),
  live: z.boolean(),
  startedAt: instant,
  endedAt: instant.nullable(),
  endReason: z.string().nullable(),
  agent: z.string(),
  subject: z.string(),
  connection: z.string(),
  environment,
  database: z.string(),
  role: z.string(),
  applicationName: z.string().nullable(),
  clientAddress: z.string(),
  /** TLS protocol and cipher of the agent's side; null in the clear and on a Unix socket. */
  clientTls: z.string().nullable(),
  /** What the provider said of the subject; none for an agent key. */
  groups: z.array(z.string()),
  /** The token that it came in with; null for an agent key. The session ends when it expires. */
  token: z.object({ issuer: z.string(), subject: z.string(), client: z.string(), expiresAt: instant }).nullable(),
  /** The role that was made for this session alone; null where it ran as `role`. */
  sessionRole: z.string().nullable(),
  counts: sessionCounts,
});
export type SessionSummary = z.infer<typeof sessionSummary>;

export const sessionDetail = z.object({ summary: sessionSummary, statements: z.array(statementEntry) });
export type SessionDetail = z.infer<typeof sessionDetail>;

/** What the verifier says of one journal. `findings` is empty exactly when `ok`. */
export const verification = z.object({
  ok: z.boolean(),
  records: z.number().int(),
  checkpoints: z.number().int(),
  /** True when the last record is covered by a signed checkpoint. */
  sealedToTheEnd: z.boolean(),
  headHash: z.string(),
  keyFingerprint: z.string().nullable(),
  findings: z.array(z.object({ code: z.string(), record: z.number().int().nullable(), message: z.string() })),
});
export type Verification = z.infer<typeof verification>;

/** A terminal rendering of a session: bytes to write at a moment, and where to jump to. Times are milliseconds from its start. */
export const replay = z.object({
  summary: sessionSummary,
  durationMs: z.number().nonnegative(),
  columns: z.number().int(),
  frames: z.array(z.object({ at: z.number().nonnegative(), data: z.string() })),
  markers: z.array(
    z.object({
      at: z.number().nonnegative(),
      seq: z.number().int(),
      label: z.string(),
      kind: z.enum(['allowed', 'masked', 'held', 'approved', 'denied', 'refused', 'error']),
    }),
  ),
});
export type Replay = z.infer<typeof replay>;

export const report = z.object({
  fileName: z.string(),
  pages: z.number().int(),
  sha256: z.string(),
  /** The PDF, base64. */
  pdf: z.string(),
});
export type Report = z.infer<typeof report>;
