import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** The server's side of SCRAM-SHA-256, as PostgreSQL plays it, for tests against a server that misbehaves. */
export class ScramServer {
  readonly #salt = randomBytes(16);
  readonly #salted: Buffer;
  readonly #iterations: number;
  #clientFirstBare = '';
  #gs2Header = '';
  #serverFirst = '';

  constructor(password: string, iterations = 4096) {
    this.#iterations = iterations;
    this.#salted = pbkdf2Sync(password, this.#salt, Math.min(iterations, 4096), 32, 'sha256');
  }

  /** The gs2 header that the client sent: `n,,`, `y,,` or `p=…,,`. */
  get gs2Header(): string {
    return this.#gs2Header;
  }

  first(clientFirst: string): string {
    const split = clientFirst.indexOf(',', clientFirst.indexOf(',') + 1) + 1;
    this.#gs2Header = clientFirst.slice(0, split);
    this.#clientFirstBare = clientFirst.slice(split);
    const nonce = `${this.#clientFirstBare.split(',r=')[1]}${randomBytes(9).toString('base64')}`;
    this.#serverFirst = `r=${nonce},s=${this.#salt.toString('base64')},i=${this.#iterations}`;
    return this.#serverFirst;
  }

  /** The server's last message, or null when the client's proof is wrong. */
  final(clientFinal: string): string | null {
    const [bare = '', proof = ''] = clientFinal.split(',p=');
    const message = `${this.#clientFirstBare},${this.#serverFirst},${bare}`;
    const clientKey = hmac(this.#salted, 'Client Key');
    const signature = hmac(createHash('sha256').update(clientKey).digest(), message);
    const expected = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
    const given = Buffer.from(proof, 'base64');
    if (given.length !== 32 || !timingSafeEqual(given, expected)) return null;
    return `v=${hmac(hmac(this.#salted, 'Server Key'), message).toString('base64')}`;
  }
}
