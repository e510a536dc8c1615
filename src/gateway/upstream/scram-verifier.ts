import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { minimumIterations, preparePassword } from './scram.ts';

const derive = promisify(pbkdf2);

/**
 * What PostgreSQL keeps of a password, in the form that PASSWORD takes: SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey
 * (scram-common.c). Made here, so that the password itself is in no statement and no log of the server.
 */
export async function scramVerifier(password: string, salt: Buffer = randomBytes(16)): Promise<string> {
  const salted = await derive(preparePassword(password), salt, minimumIterations, 32, 'sha256');
  const keyed = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64');
  const parts = `${minimumIterations}:${salt.toString('base64')}`;
  return `SCRAM-SHA-256$${parts}$${storedKey}:${keyed('Server Key').toString('base64')}`;
}
