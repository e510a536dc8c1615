import { createHash, type KeyObject, verify } from 'node:crypto';
import { journalFormat } from './format.ts';
import type { Signer } from './signer.ts';

/** What a checkpoint vouches for: the first `size` lines of journal `name`, of which the last has hash `head`. */
export interface CheckpointClaim {
  readonly name: string;
  readonly size: number;
  readonly head: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** `closed` is said once, at the end: after it nothing may follow, and without it the end may be missing. */
  readonly state: 'open' | 'closed';
}

/** The name part of the note's key (C2SP signed-note); with the public key it makes the four-byte key id. */
const keyName = 'postern';
const signaturePrefix = `\u2014 ${keyName} `;

/** The signed text: origin, size and hash as in C2SP tlog-checkpoint, then two lines of our own. */
function checkpointText(claim: CheckpointClaim): string {
  return `${journalFormat} ${claim.name}\n${claim.size}\n${claim.head}\ntime ${claim.time}\nstate ${claim.state}\n`;
}

/** The whole note: text, empty line, signature line. */
export function signCheckpoint(claim: CheckpointClaim, signer: Signer, id: Buffer): string {
  const text = checkpointText(claim);
  const signature = signer.sign(Buffer.from(text, 'utf8'));
  return `${text}\n${signaturePrefix}${Buffer.concat([id, signature]).toString('base64')}\n`;
}

/** Key id of C2SP signed-note: the first four bytes of SHA-256(name, LF, 0x01 for Ed25519, public key). */
export function keyId(publicKey: KeyObject): Buffer {
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  return createHash('sha256').update(`${keyName}\n\u0001`).update(raw).digest().subarray(0, 4);
}

type NoteAnswer =
  | { readonly ok: true; readonly claim: CheckpointClaim }
  | { readonly ok: false; readonly code: 'checkpoint_malformed' | 'foreign_key' | 'signature_wrong' };

const form = new RegExp(
  `^(${journalFormat} ([^\\n]+)\\n([1-9][0-9]{0,15})\\n([0-9a-f]{64})\\ntime (0|[1-9][0-9]{0,15})\\nstate (open|closed)\\n)\\n${signaturePrefix}([A-Za-z0-9+/]{91}=)\\n$`,
);

/** Reads a note and checks its signature; with `publicKey` null the form alone is checked. */
export function openCheckpoint(note: string, publicKey: KeyObject | null): NoteAnswer {
  const match = form.exec(note);
  if (match === null) return { ok: false, code: 'checkpoint_malformed' };
  const [, text = '', name = '', size, head = '', time, state, encoded = ''] = match;
  const signature = Buffer.from(encoded, 'base64');
  // Base64 has spare bits at its end: another spelling of the same bytes is a change, too.
  if (signature.toString('base64') !== encoded) return { ok: false, code: 'checkpoint_malformed' };
  if (publicKey !== null) {
    if (!signature.subarray(0, 4).equals(keyId(publicKey))) return { ok: false, code: 'foreign_key' };
    if (!verify(null, Buffer.from(text, 'utf8'), publicKey, signature.subarray(4))) {
      return { ok: false, code: 'signature_wrong' };
    }
  }
  return {
    ok: true,
    claim: { name, size: Number(size), head, time: Number(time), state: state === 'closed' ? 'closed' : 'open' },
  };
}
