import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  NameConstraints,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';

/** Days that a certificate is valid before it is made, for clocks that do not agree (containers, suspended laptops). */
const backdatedDays = 1;
const dayMs = 24 * 3600 * 1000;
const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const commonName = '2.5.4.3';

/** A key pair's certificate authority. */
export interface Issuer {
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export interface Lifetime {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly days: number;
}

/** A DNS name or an IP address. `127.0.0.0/8` and the like are ranges, and only fit name constraints. */
export type HostName = string;

/**
 * A self-signed authority (RFC 5280) that can vouch for TLS servers with the permitted names and addresses and for nothing
 * else: critical name constraints, no authorities below it, server authentication as the only use. PEM.
 */
export function authorityCertificate(issuer: Issuer, permitted: readonly HostName[], lifetime: Lifetime): string {
  const keyId = keyIdentifier(issuer.publicKey);
  return signed(issuer, issuer.name, issuer.publicKey, lifetime, [
    extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: true, pathLenConstraint: 0 })),
    extension(id_ce_keyUsage, true, new KeyUsage(KeyUsageFlags.keyCertSign)),
    extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([id_kp_serverAuth])),
    extension(id_ce_nameConstraints, true, nameConstraints(permitted)),
    extension(id_ce_subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyId)),
  ]);
}

/** A server's certificate for names and addresses. PEM. */
export function serverCertificate(
  issuer: Issuer,
  publicKey: KeyObject,
  names: readonly HostName[],
  lifetime: Lifetime,
): string {
  const alternatives = new SubjectAlternativeName(names.map((name) => generalName(name)));
  const issuerKey = new KeyIdentifier(keyIdentifier(issuer.publicKey));
  return signed(issuer, 'Postern gate', publicKey, lifetime, [
    extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: false })),
    extension(id_ce_keyUsage, true, new KeyUsage(KeyUsageFlags.digitalSignature)),
    extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([id_kp_serverAuth])),
    extension(id_ce_subjectAltName, false, alternatives),
    extension(id_ce_authorityKeyIdentifier, false, new AuthorityKeyIdentifier({ keyIdentifier: issuerKey })),
    extension(id_ce_subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyIdentifier(publicKey))),
  ]);
}

/** True when an authority's certificate permits exactly these names. `der` is the whole certificate. */
export function permitsExactly(der: Buffer, permitted: readonly HostName[]): boolean {
  const { extensions } = AsnConvert.parse(bytes(der), Certificate).tbsCertificate;
  const found = extensions?.find(({ extnID }) => extnID === id_ce_nameConstraints);
  const wanted = Buffer.from(AsnConvert.serialize(nameConstraints(permitted)));
  return found !== undefined && wanted.equals(Buffer.from(found.extnValue.buffer));
}

function nameConstraints(permitted: readonly HostName[]): NameConstraints {
  const subtrees = permitted.map((name) => new GeneralSubtree({ base: generalName(name) }));
  return new NameConstraints({ permittedSubtrees: new GeneralSubtrees(subtrees) });
}

function generalName(name: HostName): GeneralName {
  return isIP(name.replace(/\/\d+$/, '')) === 0
    ? new GeneralName({ dNSName: name })
    : new GeneralName({ iPAddress: name });
}

function signed(
  issuer: Issuer,
  subject: string,
  publicKey: KeyObject,
  { now, days }: Lifetime,
  extensions: readonly Extension[],
): string {
  const algorithm = new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 });
  // Positive and never zero (RFC 5280, 4.1.2.2): the first bit is clear, the second set.
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const certificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: bytes(serial),
    signature: algorithm,
    issuer: distinguishedName(issuer.name),
    validity: new Validity({
      notBefore: new Date(now - backdatedDays * dayMs),
      notAfter: new Date(now + days * dayMs),
    }),
    subject: distinguishedName(subject),
    subjectPublicKeyInfo: publicKeyInfo(publicKey),
    extensions: new Extensions([...extensions]),
  });
  const whole = new Certificate({
    tbsCertificate: certificate,
    signatureAlgorithm: algorithm,
    signatureValue: bytes(sign('sha256', Buffer.from(AsnConvert.serialize(certificate)), issuer.privateKey)),
  });
  return pem(Buffer.from(AsnConvert.serialize(whole)));
}

function extension(id: string, critical: boolean, value: object): Extension {
  return new Extension({ extnID: id, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function distinguishedName(name: string): Name {
  const value = new AttributeValue({ utf8String: name });
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: commonName, value })])]);
}

function publicKeyInfo(key: KeyObject): SubjectPublicKeyInfo {
  return AsnConvert.parse(bytes(key.export({ type: 'spki', format: 'der' })), SubjectPublicKeyInfo);
}

/** SHA-1 of the key's bits, as RFC 5280 (4.2.1.2) has it: a label to find keys by, not a protection. */
function keyIdentifier(key: KeyObject): ArrayBuffer {
  return bytes(
    createHash('sha1')
      .update(Buffer.from(publicKeyInfo(key).subjectPublicKey))
      .digest(),
  );
}

/** The bytes of a buffer and nothing of the pool it may lie in. */
function bytes(buffer: Buffer): ArrayBuffer {
  return new Uint8Array(buffer).buffer;
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
