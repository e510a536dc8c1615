import { z } from 'zod';
import { finding, identifier, personalKind } from '../../../contract/index.ts';

/** Findings by connection, as they are kept on disk. */
export const savedFindings = z.record(
  identifier,
  z.strictObject({
    findings: z.array(finding.omit({ dismissed: true })).max(10_000),
    dismissed: z.array(z.strictObject({ place: z.string(), kind: personalKind })).max(100_000),
  }),
);
export type SavedFindings = z.infer<typeof savedFindings>;
