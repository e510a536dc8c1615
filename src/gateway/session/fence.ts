import { randomBytes } from 'node:crypto';
import * as encode from '../wire/encode-frontend.ts';

/**
 * Messages whose answer tells that everything before them was answered: a Close of a statement that nobody has, which the
 * server confirms in any state of a transaction and which changes nothing. The answer is CloseComplete.
 */
export const fence = (): Buffer[] => [encode.close('S', `_postern_${randomBytes(12).toString('hex')}`), encode.flush()];
