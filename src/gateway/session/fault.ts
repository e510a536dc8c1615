import { JournalError } from '../journal/errors.ts';
import { sqlstate } from '../wire/constants.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { BudgetExhausted } from './caution.ts';

/** The SQLSTATE that a client hears of a fault. A journal that cannot be written is a full disk to it, whatever the cause. */
export function sqlstateOf(fault: unknown): string {
  if (fault instanceof ProtocolError) return fault.sqlstate;
  if (fault instanceof BudgetExhausted) return sqlstate.configurationLimitExceeded;
  return fault instanceof JournalError ? sqlstate.diskFull : sqlstate.internalError;
}
