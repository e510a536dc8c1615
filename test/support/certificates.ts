import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** How a certificate is signed; it decides the hash of `tls-server-end-point`. */
export type Signature = 'ecdsa-sha256' | 'ecdsa-sha384' | 'rsa-sha512' | 'rsa-pss-sha384' | 'ed25519';

export interface Authority {
  readonly pem: string;
  readonly name: string;
  readonly key: KeyObject;
  readonly signature: Signature;
}

export interface Certificate {
  readonly pem: string;
  readonly keyPem: string;
}

/** A self-signed authority, valid from yesterday for a week. `signature` is how it signs. */
export function createAuthority(name: string, signature: Signature = 'ecdsa-sha256'): Authority {
  const keys = keyPair(signature);
  const extensions = [extension('551d13', true, sequence(boolean(true)))]; // basicConstraints: CA
  const der = certificate(name, keys.publicKey, extensions, { name, key: keys.privateKey, signature });
  return { pem: pem('CERTIFICATE', der), name, key: keys.privateKey, signature };
}

/** A server's certificate for DNS names, signed by `authority`. */
export function createCertificate(authority: Authority, dnsNames: readonly string[]): Certificate {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const names = sequence(...dnsNames.map((name) => element(0x82, Buffer.from(name))));
  const der = certificate(dnsNames[0] ?? 'server', keys.publicKey, [extension('551d11', false, names)], authority);
  return { pem: pem('CERTIFICATE', der), keyPem: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function certificate(
  subject: string,
  publicKey: KeyObject,
  extensions: Buffer[],
  issuer: Pick<Authority, 'name' | 'key' | 'signature'>,
): Buffer {
  const day = 24 * 3600 * 1000;
  const algorithm = algorithms[issuer.signature];
  const body = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm.identifier,
    distinguishedName(issuer.name),
    sequence(time(Date.now() - day), time(Date.now() + 7 * day)),
    distinguishedName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(...extensions)),
  );
  const signed = sign(algorithm.hash, body, { key: issuer.key, ...algorithm.options });
  return sequence(body, algorithm.identifier, element(0x03, Buffer.concat([Buffer.from([0]), signed])));
}

function keyPair(signature: Signature): { publicKey: KeyObject; privateKey: KeyObject } {
  if (signature === 'ed25519') return generateKeyPairSync('ed25519');
  if (signature.startsWith('rsa')) return generateKeyPairSync('rsa', { modulusLength: 2048 });
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const header = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), content]);
}

const sequence = (...parts: Buffer[]): Buffer => element(0x30, Buffer.concat(parts));
const integer = (value: Buffer): Buffer => element(0x02, value);
const boolean = (value: boolean): Buffer => element(0x01, Buffer.from([value ? 0xff : 0]));
const identifier = (hex: string): Buffer => element(0x06, Buffer.from(hex, 'hex'));
const time = (at: number): Buffer => {
  const digits = new Date(at).toISOString().replace(/\D/g, '').slice(2, 14);
  return element(0x17, Buffer.from(`${digits}Z`));
};
const distinguishedName = (name: string): Buffer =>
  sequence(element(0x31, sequence(identifier('550403'), element(0x0c, Buffer.from(name)))));
const extension = (hex: string, critical: boolean, value: Buffer): Buffer =>
  sequence(identifier(hex), ...(critical ? [boolean(true)] : []), element(0x04, value));

const nothing = element(0x05, Buffer.alloc(0));
const sha384 = sequence(identifier('608648016503040202'), nothing);
const pssParameters = sequence(
  element(0xa0, sha384),
  element(0xa1, sequence(identifier('2a864886f70d010108'), sha384)),
  element(0xa2, integer(Buffer.from([48]))),
);
const algorithms = {
  'ecdsa-sha256': { identifier: sequence(identifier('2a8648ce3d040302')), hash: 'sha256', options: {} },
  'ecdsa-sha384': { identifier: sequence(identifier('2a8648ce3d040303')), hash: 'sha384', options: {} },
  'rsa-sha512': { identifier: sequence(identifier('2a864886f70d01010d'), nothing), hash: 'sha512', options: {} },
  'rsa-pss-sha384': {
    identifier: sequence(identifier('2a864886f70d01010a'), pssParameters),
    hash: 'sha384',
    options: { padding: 6 /* RSA_PKCS1_PSS_PADDING */, saltLength: 48 },
  },
  ed25519: { identifier: sequence(identifier('2b6570')), hash: null, options: {} },
} as const;

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n')}\n-----END ${label}-----\n`;
