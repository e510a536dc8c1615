/** One attribute of a composite value; null is SQL NULL. */
export interface Attribute {
  readonly typeOid: number;
  readonly value: Buffer | null;
}

/** A row as record_out (rowtypes.c) writes it, every value quoted: `("a","",)`. NULL is nothing at all. */
export function compositeText(attributes: readonly Attribute[]): Buffer {
  const fields = attributes.map(({ value }) =>
    value === null ? '' : `"${value.toString('utf8').replace(/["\\]/g, '$&$&')}"`,
  );
  return Buffer.from(`(${fields.join(',')})`, 'utf8');
}

/** A row as record_send writes it: the number of attributes, then type, length (-1 for NULL) and value of each. */
export function compositeBinary(attributes: readonly Attribute[]): Buffer {
  const parts = attributes.map(({ typeOid, value }) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(typeOid, 0);
    head.writeInt32BE(value === null ? -1 : value.length, 4);
    return value === null ? head : Buffer.concat([head, value]);
  });
  const count = Buffer.alloc(4);
  count.writeInt32BE(attributes.length);
  return Buffer.concat([count, ...parts]);
}
