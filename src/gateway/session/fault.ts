import { JournalError } from '../journal/errors.ts';
import { sqlstate } from '../wire/constants.ts';
import { ProtocolError } from '../wire/protocol-error.ts';

/** The SQLSTATE that a client hears of a fault. A journal that cannot be written is a full disk to it, whatever the cause. */
export function sqlstateOf(fault: unknown): string {
  if (fault instanceof ProtocolError) return fault.sqlstate;
  return fault instanceof JournalError ? sqlstate.diskFull : sqlstate.internalError;
}
