import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadOrCreateSigner } from '../../../src/gateway/journal/signer.ts';
import { temporaryFolder } from './support.ts';

const unusable = expect.objectContaining({ code: 'signing_key_unusable' });

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return null;
}

describe('the signing key', () => {
  it('is made once, for its owner alone, and found again', () => {
    const folder = join(temporaryFolder(), 'keys');
    const made = loadOrCreateSigner(folder);
    const found = loadOrCreateSigner(folder);
    expect({ pem: found.publicKeyPem, fingerprint: found.fingerprint }).toEqual({
      pem: made.publicKeyPem,
      fingerprint: made.fingerprint,
    });
    expect(readdirSync(folder)).toEqual(['journal-signing-key.pem', 'journal-signing-key.pub.pem']);
    expect(statSync(join(folder, 'journal-signing-key.pem')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'journal-signing-key.pub.pem'), 'utf8')).toBe(made.publicKeyPem);
  });

  it('signs what its public key verifies', () => {
    const signer = loadOrCreateSigner(temporaryFolder());
    const text = Buffer.from('text');
    const [good, bad] = [text, Buffer.from('other')].map((data) =>
      verify(null, data, createPublicKey(signer.publicKeyPem), signer.sign(text)),
    );
    expect([good, bad]).toEqual([true, false]);
  });

  it('is refused when others may read it', () => {
    const folder = temporaryFolder();
    loadOrCreateSigner(folder);
    chmodSync(join(folder, 'journal-signing-key.pem'), 0o640);
    expect(thrownBy(() => loadOrCreateSigner(folder))).toEqual(unusable);
  });

  it.each([
    ['no key at all', 'hello'],
    [
      'a key of another kind',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ],
  ])('is refused, and left alone, when it is %s', (_, content) => {
    const folder = temporaryFolder();
    const path = join(folder, 'journal-signing-key.pem');
    writeFileSync(path, content, { mode: 0o600 });
    expect(thrownBy(() => loadOrCreateSigner(folder))).toEqual(unusable);
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  it('is refused beside a public key that is not its own', () => {
    const folder = temporaryFolder();
    const other = temporaryFolder();
    loadOrCreateSigner(folder);
    loadOrCreateSigner(other);
    writeFileSync(
      join(folder, 'journal-signing-key.pub.pem'),
      readFileSync(join(other, 'journal-signing-key.pub.pem')),
    );
    expect(thrownBy(() => loadOrCreateSigner(folder))).toEqual(unusable);
  });
});
