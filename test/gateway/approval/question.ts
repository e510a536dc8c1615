import type { ApprovalQuestion } from '../../../src/gateway/approval/types.ts';

/** What a session asks about a DELETE, unless said otherwise. */
export const question = (more: Partial<ApprovalQuestion> = {}): ApprovalQuestion => ({
  sessionId: 'session',
  statementSeq: 1,
  agent: 'claude',
  subject: 'claude',
  connection: 'shop',
  database: 'shop',
  role: 'app',
  environment: 'production',
  applicationName: null,
  clientAddress: '127.0.0.1:5000',
  text: 'DELETE FROM item',
  parameters: [],
  effects: { kinds: ['delete'], reads: [], writes: ['public.item'], functions: [], understood: true },
  rule: { id: 'rule', title: 'Rule', reason: 'because', hint: null },
  transaction: 'idle',
  sequence: null,
  digest: 'd'.repeat(64),
  ...more,
});
