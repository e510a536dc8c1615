import { z } from 'zod';
import { instant } from './common.ts';

/** What a detector recognises in a value; `src/gateway/masking/detectors` has one for each. */
export const detectorName = z.enum([
  'email',
  'phone',
  'payment_card',
  'iban',
  'de_tax_id',
  'nl_bsn',
  'es_dni',
  'fr_nir',
  'it_codice_fiscale',
  'br_cpf',
  'pl_pesel',
  'se_personnummer',
  'us_ssn',
  'jwt',
  'api_key',
  'private_key',
  'password_hash',
  'connection_string',
]);
export type DetectorName = z.infer<typeof detectorName>;

/**
 * What becomes of a recognised value in a column that no mask rule names. `report`: it is noted, in a sample of the rows.
 * `mask`: every row is looked at, and the cell is masked whole. `ask`: as `report`, and later statements that touch the
 * column are held.
 */
export const detectorAction = z.enum(['off', 'report', 'mask', 'ask']);
export type DetectorAction = z.infer<typeof detectorAction>;

/** The second net of a connection: what every detector does, and those that do something else. */
export const detectorSettings = z.strictObject({
  action: detectorAction.default('report'),
  overrides: z.partialRecord(detectorName, detectorAction).default({}),
});
export type DetectorSettings = z.infer<typeof detectorSettings>;

/** What a column seems to hold. Detectors, names, types and comments all point to one of these. */
export const personalKind = z.enum([
  'email',
  'phone',
  'payment_card',
  'iban',
  'national_id',
  'person_name',
  'address',
  'birth_date',
  'income',
  'ip_address',
  'secret',
  'personal',
]);
export type PersonalKind = z.infer<typeof personalKind>;

/** A column as rules name it. */
export const columnName = z.object({ schema: z.string(), table: z.string(), column: z.string() });
export type ColumnName = z.infer<typeof columnName>;

/** Recognised values of one kind in one place. It never holds a value: `examples` have 9, a and A for digits and letters. */
export const finding = z.object({
  /** The table column that the values came from; null where the server does not say (an expression, COPY, an error). */
  column: columnName.nullable(),
  /** `public.users.note`, or what else it was: `expression "note"`, `COPY`, `error message`. */
  place: z.string(),
  detector: detectorName,
  kind: personalKind,
  /** Values recognised, and values looked at in the results where any was. */
  values: z.number().int(),
  looked: z.number().int(),
  examples: z.array(z.string().max(80)).max(3),
  firstSeenAt: instant,
  lastSeenAt: instant,
  /** The operator said that it is none: it is suggested no more, and `ask` and rules by detector leave it alone. */
  dismissed: z.boolean(),
});
export type Finding = z.infer<typeof finding>;

/** What was recognised in the answer to one statement: counts, never values. */
export const statementFinding = z.object({
  /** Name of the result column, or `COPY` or `error message`. */
  column: z.string(),
  detector: detectorName,
  values: z.number().int().positive(),
  /** True when the values were masked, false when they were seen in a sample and left as they are. */
  masked: z.boolean(),
});
export type StatementFinding = z.infer<typeof statementFinding>;

/** What a detector recognises, in words for the operator. */
export const detectorWords: Readonly<Record<DetectorName, string>> = {
  email: 'e-mail addresses',
  phone: 'telephone numbers',
  payment_card: 'payment card numbers',
  iban: 'IBANs',
  de_tax_id: 'German tax ids',
  nl_bsn: 'Dutch BSNs',
  es_dni: 'Spanish DNIs or NIEs',
  fr_nir: 'French social security numbers',
  it_codice_fiscale: 'Italian tax codes',
  br_cpf: 'Brazilian CPFs',
  pl_pesel: 'Polish PESELs',
  se_personnummer: 'Swedish personal numbers',
  us_ssn: 'US social security numbers',
  jwt: 'JSON Web Tokens',
  api_key: 'API keys',
  private_key: 'private keys',
  password_hash: 'password hashes',
  connection_string: 'URLs with passwords',
};
