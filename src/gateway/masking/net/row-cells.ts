/** Bytes of a DataRow before its first value: type, length, column count. */
const header = 7;

/**
 * Calls `visit` for each value of a DataRow that is not NULL. Returns how many columns the row has; -1 when the frame is not
 * exactly such a row, of which what came before the fault was visited.
 */
export function eachCell(frame: Buffer, visit: (index: number, from: number, to: number) => void): number {
  if (frame.length < header) return -1;
  const columns = frame.readUInt16BE(5);
  let at = header;
  for (let index = 0; index < columns; index++) {
    if (at + 4 > frame.length) return -1;
    const length = frame.readInt32BE(at);
    at += 4;
    if (length === -1) continue;
    if (length < 0 || at + length > frame.length) return -1;
    visit(index, at, at + length);
    at += length;
  }
  return at === frame.length ? columns : -1;
}
