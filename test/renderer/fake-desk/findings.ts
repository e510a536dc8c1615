import type { Finding, MaskSuggestion, StatementFinding } from '../../../src/contract/index.ts';

const suggestion = (
  table: string,
  column: string,
  type: string,
  part: Pick<MaskSuggestion, 'kind' | 'masker' | 'confidence' | 'reasons'>,
): MaskSuggestion => ({ schema: 'public', table, column, type, ...part });

/** What was recognised in the answer to the statement with masked columns. */
export const statementFindings: readonly StatementFinding[] = [
  { column: 'remark', detector: 'phone', values: 2, masked: false },
  { column: 'note', detector: 'api_key', values: 1, masked: true },
];

/** Columns of the fake catalog that look personal and have no rule. */
export const suggestions: readonly MaskSuggestion[] = [
  suggestion('customers', 'name', 'text', {
    kind: 'person_name',
    masker: { kind: 'full' },
    confidence: 'high',
    reasons: [
      { from: 'name', text: 'it is called name' },
      { from: 'sample', text: '188 of 200 sampled values begin with a given name' },
    ],
  }),
  suggestion('payments', 'card_number', 'text', {
    kind: 'payment_card',
    masker: { kind: 'card' },
    confidence: 'high',
    reasons: [
      { from: 'name', text: 'it is called card_number' },
      { from: 'sample', text: 'payment card numbers in 200 of 200 sampled values' },
    ],
  }),
  suggestion('payments', 'payer_iban', 'character varying(34)', {
    kind: 'iban',
    masker: { kind: 'partial', keepStart: 0, keepEnd: 4 },
    confidence: 'high',
    reasons: [
      { from: 'name', text: 'it is called payer_iban' },
      { from: 'comment', text: 'its comment is tagged pii' },
    ],
  }),
  suggestion('customers', 'last_login_ip', 'inet', {
    kind: 'ip_address',
    masker: { kind: 'full' },
    confidence: 'high',
    reasons: [
      { from: 'name', text: 'it is called last_login_ip' },
      { from: 'type', text: 'its type is inet' },
    ],
  }),
  suggestion('tickets', 'body', 'text', {
    kind: 'email',
    masker: { kind: 'email' },
    confidence: 'medium',
    reasons: [{ from: 'finding', text: 'e-mail addresses recognised 14 times in answers to agents' }],
  }),
  suggestion('employees', 'salary', 'numeric(10,2)', {
    kind: 'income',
    masker: { kind: 'full' },
    confidence: 'medium',
    reasons: [{ from: 'name', text: 'it is called salary' }],
  }),
  suggestion('orders', 'remarks', 'text', {
    kind: 'phone',
    masker: { kind: 'phone' },
    confidence: 'low',
    reasons: [{ from: 'sample', text: 'telephone numbers in 1 of 200 sampled values' }],
  }),
];

export const findings = (now: number): Finding[] => [
  {
    column: { schema: 'public', table: 'tickets', column: 'body' },
    place: 'public.tickets.body',
    detector: 'email',
    kind: 'email',
    values: 14,
    looked: 220,
    examples: ['aaaa.aaaaaa@aaaaaa.aa', 'a.aaaa@aaaa-aaaa.aaa'],
    firstSeenAt: now - 86_400_000,
    lastSeenAt: now - 240_000,
    dismissed: false,
  },
  {
    column: null,
    place: 'expression "contact"',
    detector: 'phone',
    kind: 'phone',
    values: 3,
    looked: 40,
    examples: ['+99 9 9999 9999'],
    firstSeenAt: now - 7_200_000,
    lastSeenAt: now - 3_600_000,
    dismissed: false,
  },
  {
    column: { schema: 'ops', table: 'jobs', column: 'payload' },
    place: 'ops.jobs.payload',
    detector: 'api_key',
    kind: 'secret',
    values: 1,
    looked: 100,
    examples: ['aa_aaaa_99aaAA99aaAA99aaAA99'],
    firstSeenAt: now - 7_200_000,
    lastSeenAt: now - 7_200_000,
    dismissed: true,
  },
];
