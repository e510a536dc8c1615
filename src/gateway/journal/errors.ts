/** What can go wrong with a journal or its signing key. Codes are stable; the session turns any of them into a refusal. */
type JournalErrorCode =
  | 'journal_name_invalid'
  | 'journal_exists'
  | 'journal_unwritable'
  | 'journal_full'
  | 'journal_write_failed'
  | 'journal_sync_failed'
  | 'journal_closed'
  | 'journal_missing'
  | 'journal_unreadable'
  | 'journal_damaged'
  | 'signing_key_unusable';

/** A journal that could not be written or read. `message` says what happened and what was kept; `hint` what to do next. */
export class JournalError extends Error {
  readonly code: JournalErrorCode;
  readonly hint: string;
  constructor(code: JournalErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'JournalError';
    this.code = code;
    this.hint = hint;
  }
}

/** The `code` of a Node system error (`ENOSPC`, `EEXIST` …), or null. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
