import type { Masker, MaskRule } from '../../../src/contract/index.ts';
import type { FieldDescription } from '../../../src/gateway/wire/fields.ts';
import { MessageBuilder } from '../../../src/gateway/wire/message-builder.ts';

/** A fixed key, so that tokens are the same in every run. */
export const hashKey = Buffer.alloc(32, 7);

let rules = 0;

/** A rule on `public.table.column`; `table` may be `schema.table`. */
export function rule(table: string, column: string, masker: Masker = { kind: 'full' }): MaskRule {
  const [first, second] = table.split('.');
  rules += 1;
  return {
    id: `rule-${rules}`,
    schema: second === undefined ? 'public' : (first ?? ''),
    table: second ?? table,
    column,
    masker,
  };
}

/** A text column without an origin, changed as asked. */
export function field(changes: Partial<FieldDescription> = {}): FieldDescription {
  return {
    name: 'c',
    tableOid: 0,
    attributeNumber: 0,
    typeOid: 25,
    typeSize: -1,
    typeModifier: -1,
    format: 0,
    ...changes,
  };
}

/** A DataRow frame of the given values. */
export function dataRow(values: readonly (string | Buffer | null)[]): Buffer {
  const message = new MessageBuilder('D'.charCodeAt(0)).int16(values.length);
  for (const value of values) {
    if (value === null) message.int32(-1);
    else {
      const bytes = Buffer.from(value);
      message.int32(bytes.length).bytes(bytes);
    }
  }
  return message.build();
}
