/** A name as SQL, whatever is in it (quote_ident, but always in quotes). */
export const sqlIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A text as SQL, read the same with standard_conforming_strings on and off (as quote_literal writes it). */
export function sqlLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return text.includes('\\') ? ` E${quoted}` : quoted;
}
