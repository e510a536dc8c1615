import type { MaskExplanation } from '../../contract/index.ts';
import type { StatementMasking } from '../../gateway/masking/types.ts';

/** What masks make of a statement, as the desk and `postern policy test` show it. */
export function maskExplanation(masking: StatementMasking): MaskExplanation {
  const { tainted, probes, copies, refusal } = masking;
  return {
    columns: masking.describeColumns()?.map((column) => ({ ...column, sources: [...column.sources] })) ?? null,
    tainted,
    probes: probes.map((probe) => ({ ...probe })),
    copies: copies.map(({ schema, relation, column, sources }) => ({
      to: schema === null ? `${relation}.${column}` : `${schema}.${relation}.${column}`,
      sources: [...sources],
    })),
    refusal: refusal === null ? null : { ...refusal },
  };
}
