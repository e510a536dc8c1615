import {
  columnsUnknown,
  type MaskExplanation,
  maskedHow,
  probeWords,
  resultColumnName,
  whyMasked,
} from '../../contract/index.ts';

/** What masks make of a statement, in lines for a terminal; none on a connection without masks. */
export function describeMasking(masking: MaskExplanation | null): string[] {
  if (masking === null) return [];
  const { columns, tainted, probes, copies, refusal } = masking;
  const rows = (columns ?? []).map((column): [string, string, string] => {
    return [resultColumnName(column), maskedHow(column), whyMasked(column)];
  });
  const width = (place: 0 | 1): number => Math.max(0, ...rows.map((row) => row[place].length));
  return [
    ...(refusal === null ? [] : [`masking   refuses it: ${refusal.reason}`]),
    ...(columns === null ? [`columns   ${columnsUnknown(tainted)}`] : rows.length === 0 ? [] : ['columns']),
    ...rows.map(([name, how, why]) => `  ${name.padEnd(width(0))}  ${how.padEnd(width(1))}  ${why}`),
    ...probes.map((probe) => `probe     ${probeWords(probe)}`),
    ...copies.map(({ to, sources }) => `copies    ${sources.join(', ')} to ${to}, which is masked from then on`),
  ];
}
