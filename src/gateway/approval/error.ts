/** `approval_given_up`: the agent stopped waiting, and the decision was not meant for its retry. */
export type ApprovalErrorCode =
  | 'approval_not_found'
  | 'approval_already_ended'
  | 'approval_digest_mismatch'
  | 'approval_given_up';

/** Why a decision was not taken. The request itself is unchanged. */
export class ApprovalError extends Error {
  readonly code: ApprovalErrorCode;
  constructor(code: ApprovalErrorCode, message: string) {
    super(message);
    this.name = 'ApprovalError';
    this.code = code;
  }
}
