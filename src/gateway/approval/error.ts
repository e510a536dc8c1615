/**
 * `approval_given_up`: the agent stopped waiting, and the decision was not meant for its retry. `approval_no_sequence`: a
 * decision for a whole sequence, on a request that shows none.
 */
export type ApprovalErrorCode =
  | 'approval_not_found'
  | 'approval_already_ended'
  | 'approval_digest_mismatch'
  | 'approval_given_up'
  | 'approval_no_sequence';

/** Why a decision was not taken. The request itself is unchanged. */
export class ApprovalError extends Error {
  readonly code: ApprovalErrorCode;
  constructor(code: ApprovalErrorCode, message: string) {
    super(message);
    this.name = 'ApprovalError';
    this.code = code;
  }
}
