import type { MaskingError } from './types.ts';

/** `row_shape`: a DataRow had not the columns that its RowDescription promised. Nothing of the row may be forwarded. */
export type MaskingErrorCode = 'row_shape';

/** A fault while masking. Whoever catches it ends the session: what could not be masked is not sent. */
export class MaskingFault extends Error implements MaskingError {
  readonly code: MaskingErrorCode;
  constructor(code: MaskingErrorCode, message: string) {
    super(message);
    this.name = 'MaskingError';
    this.code = code;
  }
}
