import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** Names of roles of one session begin so, those of the roles that hold grants, and those of what sessions left behind. */
export const sessionRolePrefix = 'postern_s_';
export const grantRolePrefix = 'postern_g_';
export const keeperRolePrefix = 'postern_k_';

/** Knows the roles of this installation by what stands in their comments. */
export class RoleMarker {
  readonly #key: Buffer;

  /** `installationKey` is secret: whoever does not have it can make no role that we would drop. */
  constructor(installationKey: Buffer) {
    this.#key = Buffer.from(hkdfSync('sha256', installationKey, '', 'postern: marks of roles', 32));
  }

  /** The comment of a role of ours; `about` is for whoever reads it, and for us later. */
  comment(role: string, about: string): string {
    return `${about} [postern ${this.#mac(role)}]`;
  }

  /** What a comment says about a role of ours; null when the role is not. */
  read(role: string, comment: string | null): string | null {
    const found = /^(.*) \[postern ([\w-]{43})\]$/s.exec(comment ?? '');
    if (found === null) return null;
    const [, about = '', mac = ''] = found;
    return timingSafeEqual(Buffer.from(mac), Buffer.from(this.#mac(role))) ? about : null;
  }

  /** Sixteen hex digits that nobody else would choose for the same thing. */
  digest(thing: unknown): string {
    return createHmac('sha256', this.#key).update(JSON.stringify(thing)).digest('hex').slice(0, 16);
  }

  #mac(role: string): string {
    return createHmac('sha256', this.#key).update(role).digest('base64url');
  }
}
