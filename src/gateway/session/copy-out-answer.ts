import { MaskedCopy } from '../masking/copy-out/masked-copy.ts';
import { MessageReader } from '../wire/message-reader.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import type { CopyColumns } from './copy-to-mask.ts';
import type { RunningStatement } from './running-statement.ts';

/**
 * The masks for a copy that the server begins with this CopyOutResponse; null when its data leaves as it comes. Throws
 * ProtocolError when it has to be masked and what the server begins is not what it described.
 */
export function maskedCopyFor(
  frame: Buffer,
  running: RunningStatement,
  emit: (frame: Buffer) => void,
): MaskedCopy | null {
  const { copyColumns, copyToMask, copyPlan: plan } = running;
  const { masking, effects } = running.judged;
  if (masking !== null && !effects.kinds.includes('copy_out')) throw unforeseen();
  if (copyToMask === null) return null;
  if (copyColumns === null) throw unforeseen();
  if (plan === null) return null;
  const { copyOut, fields } = copyColumns;
  const reader = new MessageReader(frame);
  const binary = reader.int8() === 1;
  const columns = reader.uint16();
  if (binary !== (copyOut.format.kind === 'binary')) throw unforeseen();
  const sent = columnsSent(columns, copyColumns);
  if (sent === null) throw unforeseen();
  return new MaskedCopy({ format: copyOut.format, fields, sent, plan, emit, row: (row) => running.copiedRow(row) });
}

/**
 * Which of the described columns a copy of so many has; null when that cannot be told. All of them, or all but the generated
 * ones: what is certainly stored is always sent, so a copy of exactly as many columns has exactly these. (Under row-level
 * security a copy of a whole table has generated columns, too.)
 */
function columnsSent(count: number, { fields, stored }: CopyColumns): readonly number[] | null {
  if (count === fields.length) return fields.map((_, place) => place);
  return stored !== null && count === stored.length ? stored : null;
}

const unforeseen = (): ProtocolError =>
  new ProtocolError(
    'the server began a COPY whose columns it had not described, so that nothing of it could be masked; nothing of it was forwarded. Connect again, and use SELECT instead.',
  );
