import { timingSafeEqual } from 'node:crypto';
import { ApprovalError } from './error.ts';

/** Throws ApprovalError `approval_digest_mismatch` when the operator was shown another statement than the one asked about. */
export function requireSameDigest(shown: string, actual: string): void {
  const [one, other] = [Buffer.from(shown), Buffer.from(actual)];
  if (one.length === other.length && timingSafeEqual(one, other)) return;
  throw new ApprovalError(
    'approval_digest_mismatch',
    'This request is for another statement than the one shown. Nothing was decided.',
  );
}
