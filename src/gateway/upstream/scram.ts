import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import saslprep from '@mongodb-js/saslprep';

/** RFC 7677, section 4: at least 4096. Fewer make a password cheap to guess for whoever poses as the server. */
export const minimumIterations = 4096;
/** More is a bomb: each costs us a hash (node-postgres has the same cap). */
export const maximumIterations = 100_000;

/** What the server sent breaks RFC 5802, or it could not prove that it knows the password. */
export class ScramError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ScramError';
  }
}

/** How the exchange is tied to the TLS channel: the gs2 header and its data (RFC 5802, section 7). */
export type ChannelBinding =
  /** TLS is not used, or the binding cannot be made. */
  | { readonly kind: 'unsupported' }
  /** We could, but the server did not offer it: it will notice if somebody removed its offer. */
  | { readonly kind: 'not_offered' }
  | { readonly kind: 'tls-server-end-point'; readonly data: Buffer };

export interface ScramClient {
  readonly firstMessage: string;
  /** Answers the server's first message. Throws ScramError. */
  respond(serverFirst: string, password: string): Promise<string>;
  /** Checks the server's proof. Throws ScramError unless it knows the password. */
  verify(serverFinal: string): void;
}

const hash = 'sha256';
const derive = promisify(pbkdf2);
const hmac = (key: Buffer, text: string): Buffer => createHmac(hash, key).update(text, 'utf8').digest();
const xor = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, index) => byte ^ (b[index] ?? 0)));

/** The client's side of SCRAM-SHA-256 (RFC 5802 and 7677). `nonce` is printable, without commas, and random. */
export function createScramClient(binding: ChannelBinding, nonce: string): ScramClient {
  const gs2Header = gs2HeaderOf(binding);
  // PostgreSQL ignores the user name here and takes that of the start-up packet; libpq sends none.
  const firstBare = `n=,r=${nonce}`;
  let serverSignature: Buffer | null = null;
  return {
    firstMessage: `${gs2Header}${firstBare}`,
    async respond(serverFirst, password) {
      if (serverSignature !== null) throw new ScramError('the server sent a second challenge');
      const challenge = readChallenge(serverFirst, nonce);
      const prepared = preparePassword(password);
      const salted = await derive(prepared, challenge.salt, challenge.iterations, 32, hash);
      const bindingData = binding.kind === 'tls-server-end-point' ? binding.data : Buffer.alloc(0);
      const channel = Buffer.concat([Buffer.from(gs2Header), bindingData]).toString('base64');
      const finalBare = `c=${channel},r=${challenge.nonce}`;
      const authMessage = `${firstBare},${serverFirst},${finalBare}`;
      const clientKey = hmac(salted, 'Client Key');
      const storedKey = createHash(hash).update(clientKey).digest();
      const proof = xor(clientKey, hmac(storedKey, authMessage));
      serverSignature = hmac(hmac(salted, 'Server Key'), authMessage);
      return `${finalBare},p=${proof.toString('base64')}`;
    },
    verify(serverFinal) {
      const claimed = readServerFinal(serverFinal);
      if (serverSignature === null) throw new ScramError('the server ended the exchange before its challenge');
      if (claimed.length !== serverSignature.length || !timingSafeEqual(claimed, serverSignature)) {
        throw new ScramError('the server could not prove that it knows the password');
      }
    },
  };
}

/** SASLprep as PostgreSQL does it: a password that the profile forbids is used as the bytes it is (saslprep.c). */
export function preparePassword(password: string): string {
  try {
    const prepared = saslprep(password);
    return prepared === '' ? password : prepared;
  } catch {
    return password;
  }
}

function gs2HeaderOf(binding: ChannelBinding): string {
  switch (binding.kind) {
    case 'unsupported':
      return 'n,,';
    case 'not_offered':
      return 'y,,';
    case 'tls-server-end-point':
      return 'p=tls-server-end-point,,';
  }
}

function readChallenge(message: string, clientNonce: string): { nonce: string; salt: Buffer; iterations: number } {
  const match = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9][0-9]{0,9})(?:,.*)?$/.exec(message);
  if (match === null) throw new ScramError('the challenge of the server is malformed');
  const [, nonce = '', salt = '', iterationText = ''] = match;
  if (!nonce.startsWith(clientNonce) || nonce.length === clientNonce.length) {
    throw new ScramError('the nonce of the server does not extend ours');
  }
  const iterations = Number(iterationText);
  if (iterations > maximumIterations || iterations < minimumIterations) {
    throw new ScramError(
      `the server asks for ${iterations} SCRAM iterations; ${minimumIterations} to ${maximumIterations} are accepted`,
    );
  }
  return { nonce, salt: Buffer.from(salt, 'base64'), iterations };
}

function readServerFinal(message: string): Buffer {
  const error = /^e=([^,]*)/.exec(message);
  if (error !== null) throw new ScramError(`the server ended the exchange: ${error[1]}`);
  const match = /^v=([A-Za-z0-9+/]{43}=)(?:,.*)?$/.exec(message);
  if (match === null) throw new ScramError('the last message of the server is malformed');
  return Buffer.from(match[1] ?? '', 'base64');
}
