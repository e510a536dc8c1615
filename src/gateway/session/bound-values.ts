import type { BoundValue } from '../../contract/index.ts';
import type { BindMessage } from '../wire/decode-frontend.ts';
import { valueToText } from '../wire/values.ts';

/** How much of the bound values of one statement is kept for people to read, in characters. The digest covers all of them. */
export const shownValues = { each: 1000, together: 256 * 1024 } as const;

const beyond = {
  text: { text: '', format: 'text', truncated: true },
  binary: { text: '', format: 'binary', truncated: true },
} as const;

/** The values of a Bind as people and journals read them; a value that is cut, be it to nothing, says so. */
export function boundValues(message: BindMessage, parameterTypes: readonly number[]): readonly BoundValue[] {
  let left: number = shownValues.together;
  return message.values.map((value, index) => {
    const format = formatAt(message.parameterFormats, index) === 1 ? 'binary' : 'text';
    if (value === null) return { text: null, format, truncated: false };
    if (left <= 0) return beyond[format];
    const shown = boundValue(value, format, parameterTypes[index] ?? 0);
    left -= shown.text?.length ?? 0;
    return shown;
  });
}

/** Format codes of Bind: none means all text, one is for all, otherwise one each (manual, "Bind"). */
const formatAt = (formats: readonly number[], index: number): number =>
  (formats.length === 1 ? formats[0] : formats[index]) ?? 0;

function boundValue(value: Buffer, format: 'text' | 'binary', typeOid: number): BoundValue {
  const text = valueToText(value.subarray(0, shownValues.each * 4), typeOid, format === 'binary' ? 1 : 0);
  return {
    text: text.slice(0, shownValues.each),
    format,
    truncated: text.length > shownValues.each || value.length > shownValues.each * 4,
  };
}
