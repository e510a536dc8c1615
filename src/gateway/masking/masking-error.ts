import type { MaskingError } from './types.ts';

/**
 * `row_shape`: a DataRow had not the columns that its RowDescription promised. `copy_shape`: the data of a COPY is not what the
 * server writes for its columns and options. Nothing of the row may be forwarded.
 */
export type MaskingErrorCode = 'row_shape' | 'copy_shape';

/** A fault while masking. Whoever catches it ends the session: what could not be masked is not sent. */
export class MaskingFault extends Error implements MaskingError {
  readonly code: MaskingErrorCode;
  constructor(code: MaskingErrorCode, message: string) {
    super(message);
    this.name = 'MaskingError';
    this.code = code;
  }
}

/** The data of a COPY cannot be read as rows of its columns. */
export const copyShape = (): MaskingFault =>
  new MaskingFault(
    'copy_shape',
    'The data of a COPY is not made of rows with the columns that were told for it; nothing more of it was forwarded, and the session ends. Use SELECT instead.',
  );
