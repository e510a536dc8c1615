import { createHash } from 'node:crypto';

/** Hash of each signature algorithm, by the hex of its object identifier. */
const hashBySignature: Readonly<Record<string, string>> = {
  '2a864886f70d010104': 'sha256', // md5WithRSA; RFC 5929 replaces MD5 and SHA-1 by SHA-256
  '2a864886f70d010105': 'sha256', // sha1WithRSA
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a864886f70d01010e': 'sha224',
  '2a8648ce3d0401': 'sha256', // ecdsa-with-SHA1
  '2a8648ce3d040301': 'sha224',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
};

const rsaPss = '2a864886f70d01010a';

/** Hashes that RSASSA-PSS names in its parameters. */
const hashByIdentifier: Readonly<Record<string, string>> = {
  '2b0e03021a': 'sha256', // SHA-1
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
};

/**
 * The `tls-server-end-point` binding of a certificate in DER: its hash by the hash of its own signature (RFC 5929,
 * section 4.1). Null where the signature has none (Ed25519, Ed448): PostgreSQL cannot make the binding there either.
 */
export function tlsServerEndPoint(certificate: Buffer): Buffer | null {
  const hash = signatureHash(certificate);
  return hash === null ? null : createHash(hash).update(certificate).digest();
}

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID, parameters }, signature } (RFC 5280). */
function signatureHash(certificate: Buffer): string | null {
  const [, algorithm] = children(children(certificate)[0]?.content);
  const [identifier, parameters] = children(algorithm?.content);
  const name = identifier?.content.toString('hex') ?? '';
  if (name !== rsaPss) return hashBySignature[name] ?? null;
  // RSASSA-PSS-params ::= SEQUENCE { [0] hashAlgorithm SEQUENCE { OID } DEFAULT sha1, … } (RFC 8017, A.2.3)
  const explicit = children(parameters?.content).find((element) => element.tag === 0xa0);
  if (explicit === undefined) return 'sha256';
  const [hashIdentifier] = children(children(explicit.content)[0]?.content);
  return hashByIdentifier[hashIdentifier?.content.toString('hex') ?? ''] ?? null;
}

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/** The DER elements side by side in `bytes`; stops at what is cut off. */
function children(bytes: Buffer = Buffer.alloc(0)): Element[] {
  const elements: Element[] = [];
  let offset = 0;
  while (offset + 2 <= bytes.length) {
    const tag = bytes.readUInt8(offset);
    let length = bytes.readUInt8(offset + 1);
    offset += 2;
    if (length > 0x80) {
      const size = length & 0x7f;
      if (size > 4 || offset + size > bytes.length) return elements;
      length = bytes.readUIntBE(offset, size);
      offset += size;
    }
    if (offset + length > bytes.length) return elements;
    elements.push({ tag, content: bytes.subarray(offset, offset + length) });
    offset += length;
  }
  return elements;
}
