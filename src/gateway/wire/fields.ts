/** One column of a RowDescription ('T'), as in the manual's "Message Formats". */
export interface FieldDescription {
  readonly name: string;
  /** OID of the table the column comes from, 0 when it is not a plain column. For views it is the view's OID. */
  readonly tableOid: number;
  /** Attribute number in that table; 0 with a table OID means the whole row; negative numbers are system columns. */
  readonly attributeNumber: number;
  readonly typeOid: number;
  readonly typeSize: number;
  readonly typeModifier: number;
  /** 0 text, 1 binary. In the answer to Describe(statement) always 0; Bind decides. */
  readonly format: 0 | 1;
}

/** Fields of an ErrorResponse or NoticeResponse by their one-letter code (manual, "Error and Notice Message Fields"). */
export type NoticeFields = Readonly<Record<string, string>>;
