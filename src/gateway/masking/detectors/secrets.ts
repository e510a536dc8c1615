import { has, hasAny, seen } from './byte-classes.ts';
import type { Detector } from './types.ts';

/** A JSON Web Token (RFC 7519) in its compact form: its header is JSON and names an algorithm. */
export const jwt: Detector = {
  name: 'jwt',
  kind: 'secret',
  confidence: 'high',
  possible: (sighting) => sighting.length >= 40 && has(sighting, seen.dot | seen.upper | seen.lower),
  find({ text }) {
    if (!text.includes('eyJ')) return null;
    for (const [token] of text.matchAll(/(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{4,}\.[\w-]{8,}/g)) {
      const header = Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString('utf8');
      if (/"alg"\s*:/.test(header)) return token;
    }
    return null;
  },
};

/** Keys whose makers gave them a prefix so that they can be found: each with its documented alphabet and length. */
const keys = new RegExp(
  `(?<![A-Za-z0-9_-])(?:${[
    '(?:AKIA|ASIA)[A-Z2-7]{16}', // AWS
    'gh[pousr]_[A-Za-z0-9]{36,251}', // GitHub
    'github_pat_[A-Za-z0-9_]{60,251}',
    'glpat-[A-Za-z0-9_-]{20,64}', // GitLab
    '(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,247}', // Stripe
    'whsec_[A-Za-z0-9+/=]{32,88}',
    'xox[abeprs]-[A-Za-z0-9-]{10,250}', // Slack
    'AIza[A-Za-z0-9_-]{35}', // Google
    'GOCSPX-[A-Za-z0-9_-]{28}',
    'sk-ant-[A-Za-z0-9_-]{20,200}', // Anthropic
    'sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,250}', // OpenAI
    'sk-[A-Za-z0-9]{40,64}',
    'npm_[A-Za-z0-9]{36}',
    'hf_[A-Za-z0-9]{30,40}', // Hugging Face
    'SG\\.[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}', // SendGrid
    'pypi-[A-Za-z0-9_-]{50,250}',
    'dop_v1_[0-9a-f]{64}', // DigitalOcean
  ].join('|')})(?![A-Za-z0-9])`,
  'g',
);

export const apiKey: Detector = {
  name: 'api_key',
  kind: 'secret',
  confidence: 'high',
  possible: (sighting) =>
    sighting.length >= 15 &&
    sighting.digits > 0 &&
    hasAny(sighting, seen.upper | seen.lower) &&
    hasAny(sighting, seen.upper | seen.underscore | seen.dash),
  find({ text }) {
    // AWS marks the keys of its manual with this word.
    for (const [key] of text.matchAll(keys)) if (!key.includes('EXAMPLE')) return key;
    return null;
  },
};

/** A private key in PEM (RFC 7468), encrypted or not. */
export const privateKey: Detector = {
  name: 'private_key',
  kind: 'secret',
  confidence: 'high',
  possible: (sighting) => sighting.length >= 60 && has(sighting, seen.dash | seen.upper),
  find: ({ text }) =>
    !text.includes('-----BEGIN')
      ? null
      : (/-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----/.exec(text)?.[0] ?? null),
};

const hashes =
  /(?<![\w$])(?:\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}|\$argon2(?:id|i|d)\$v=\d{1,3}\$m=\d{1,9},t=\d{1,6},p=\d{1,6}(?:,[a-z]{1,9}=[A-Za-z0-9+/]{1,64}){0,2}\$[A-Za-z0-9+/]{8,128}\$[A-Za-z0-9+/]{16,128}|\$scrypt\$ln=\d{1,2},r=\d{1,3},p=\d{1,3}\$[A-Za-z0-9+/]{8,128}\$[A-Za-z0-9+/]{16,128}|\$s0\$[0-9a-f]{3,8}\$[A-Za-z0-9+/=]{8,64}\$[A-Za-z0-9+/=]{16,128}|scrypt:\d{1,9}:\d{1,3}:\d{1,3}\$[^\s$]{4,64}\$[0-9a-f]{64,128}|\$[156]\$(?:rounds=\d{1,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{22,86}|\$y\$[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}|pbkdf2_sha(?:1|256|512)\$\d{1,9}\$[^\s$]{4,64}\$[A-Za-z0-9+/=]{24,88}|SCRAM-SHA-256\$\d{1,9}:[A-Za-z0-9+/=]{8,64}\$[A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44})/;

/** A stored password: bcrypt, argon2, scrypt, crypt(3), PBKDF2 as Django writes it, PostgreSQL's own SCRAM verifier. */
export const passwordHash: Detector = {
  name: 'password_hash',
  kind: 'secret',
  confidence: 'high',
  possible: (sighting) => sighting.length >= 28 && has(sighting, seen.dollar),
  find: ({ text }) => hashes.exec(text)?.[0] ?? null,
};

/** A URL with a password in it (RFC 3986 §3.2.1). */
export const connectionString: Detector = {
  name: 'connection_string',
  kind: 'secret',
  confidence: 'high',
  possible: (sighting) => sighting.length >= 10 && has(sighting, seen.at | seen.colon),
  find({ text }) {
    const found =
      /(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.-]{1,20}:\/\/[^\s:/@"']{0,100}:([^\s:/@"']{1,200})@[^\s/@"']{1,253}/.exec(
        text,
      );
    // `user:<password>@`, `user:$PASSWORD@`: a text that explains one.
    return found === null || /^[<${[*]|^(?:password|pass|secret|xxx+)$/i.test(found[1] ?? '') ? null : found[0];
  },
};
