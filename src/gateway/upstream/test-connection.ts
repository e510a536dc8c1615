import { lookup } from 'node:dns/promises';
import {
  type ConnectionTest,
  type FenceFinding,
  sslWarning,
  staysOnThisMachine,
  tooMighty,
  type UpstreamAccount,
} from '../../contract/index.ts';
import { readAccount } from './account.ts';
import type { ConnectMilestone, ConnectOptions } from './connect.ts';
import { describeAddress, isSocketFolder, UpstreamError } from './error.ts';
import { networkError } from './network-error.ts';
import { versionWarning } from './server-version.ts';
import { openSideConnection, type SideConnection } from './side-query.ts';
import { certificateCheck } from './tls.ts';
import type { UpstreamTarget } from './types.ts';

export interface ConnectionTestOptions extends Pick<ConnectOptions, 'signal' | 'timeoutMs'> {
  /** Addresses of a host name; the system's resolver by default. */
  readonly resolveHost?: ((host: string) => Promise<readonly string[]>) | undefined;
  /** What no grant could keep from a role made for a session; null where sessions get none. */
  readonly audit?: ((side: SideConnection) => Promise<FenceFinding[] | null>) | undefined;
}

type Step = ConnectionTest['steps'][number];

const names = {
  credential: 'Find the password',
  resolve: 'Resolve the host',
  connect: 'Connect',
  tls: 'Encrypt',
  login: 'Log in',
  query: 'First query',
  account: 'Look at the account',
  audit: 'Look what everybody may do',
} as const;

/**
 * Opens the upstream once, as a session would, and reports how far it came; the last step is the one that failed.
 * `target` may reject (a credential that is missing). Never rejects; no detail holds the password.
 */
export async function testConnection(
  target: UpstreamTarget | Promise<UpstreamTarget>,
  options: ConnectionTestOptions = {},
): Promise<ConnectionTest> {
  const steps: Step[] = [];
  const facts: Pick<ConnectionTest, 'serverVersion' | 'encrypted' | 'account'> = {
    serverVersion: null,
    encrypted: null,
    account: null,
  };
  let current: string = names.credential;
  try {
    const to = await target;
    current = names.resolve;
    steps.push(passed(current, await resolveStep(to, options)));
    current = names.connect;
    const reached = new Map<string, Step>();
    const progress = (milestone: ConnectMilestone): void => {
      if (milestone === 'connected') reached.clear();
      const step = milestoneStep(milestone, to);
      reached.set(step.name, step);
      current = following[milestone];
    };
    let side: SideConnection;
    try {
      side = await openSideConnection(to, { ...options, statementTimeoutMs: 5_000, progress });
    } finally {
      steps.push(...reached.values());
    }
    facts.encrypted = side.upstream.encrypted;
    try {
      const [row] = await side.query('SELECT version(), current_user, current_database()');
      facts.serverVersion = side.upstream.parameters.get('server_version') ?? row?.[0] ?? null;
      const warning = versionWarning(facts.serverVersion ?? '');
      const said = `${row?.[0] ?? 'no version'}; user ${row?.[1]}, database ${row?.[2]}`;
      steps.push(passed(names.query, warning === null ? said : `${said}. Warning: ${warning.message}`));
      facts.account = await readAccount(side).catch((error: unknown) => {
        steps.push(failed(names.account, error)); // a session would work all the same
        return null;
      });
      if (facts.account !== null) steps.push(passed(names.account, accountWords(facts.account)));
      current = names.audit;
      const fence = (await options.audit?.(side)) ?? null;
      if (fence === null) return { ok: true, steps, ...facts };
      steps.push(passed(names.audit, auditWords(fence)));
      return { ok: true, steps, ...facts, fence };
    } finally {
      side.close();
    }
  } catch (error) {
    const last = failed(current, error);
    const detail = current === names.credential ? `${last.detail} Or give it for this test alone.` : last.detail;
    return { ok: false, steps: [...steps, { ...last, detail }], ...facts };
  }
}

const following: Readonly<Record<ConnectMilestone, string>> = {
  connected: names.tls,
  encrypted: names.login,
  unencrypted: names.login,
  authenticated: names.query,
};

function milestoneStep(milestone: ConnectMilestone, target: UpstreamTarget): Step {
  switch (milestone) {
    case 'connected':
      return passed(names.connect, `connected to ${describeAddress(target)}`);
    case 'encrypted':
      return passed(names.tls, encryptedWords(target));
    case 'unencrypted':
      return passed(names.tls, unencryptedWords(target));
    case 'authenticated':
      return passed(names.login, `logged in as ${target.user}`);
  }
}

function auditWords(findings: readonly FenceFinding[]): string {
  if (findings.length === 0) return 'nothing that a role of a session is to be kept from';
  return `Warning: a role of a session can do this too, whatever it is granted. ${findings.map(({ message }) => message).join(' ')}`;
}

function encryptedWords(target: UpstreamTarget): string {
  const words = `TLS, ${checkWords[certificateCheck(target.sslmode, target.sslrootcert)]}`;
  const warning = sslWarning(target);
  return warning === null ? words : `${words}. Warning: ${warning}`;
}

function unencryptedWords({ host, sslmode }: UpstreamTarget): string {
  if (isSocketFolder(host)) return 'not needed on a Unix socket';
  if (staysOnThisMachine(host)) return 'not encrypted; it does not leave this machine';
  return `not encrypted. Warning: sslmode ${sslmode} allows it, and anybody on the network path can read along. Use verify-full.`;
}

function accountWords(account: UpstreamAccount): string {
  const { role, superuser, createRole, bypassesRowSecurity, powerfulRoles } = account;
  const might = tooMighty(account);
  return [
    might === null
      ? `${role} is no superuser and owns nothing here`
      : `Warning: ${role} ${might}, and a proxy alone cannot make such a login safe`,
    superuser || createRole
      ? `it may create roles, so each session can have one of its own${mayHandOn(account)}`
      : 'it may not create roles, so all sessions log in as it',
    ...(powerfulRoles.length > 0 && !might?.includes('pg_') ? [`member of ${powerfulRoles.join(', ')}`] : []),
    ...(bypassesRowSecurity && !superuser ? ['row security does not hold for it'] : []),
  ].join('; ');
}

/** A role of a session is granted what the account can hand on: somebody else's tables only with the grant option. */
const mayHandOn = ({ superuser, ownedRelations }: UpstreamAccount): string =>
  superuser || ownedRelations > 0 ? '' : ', which may use only what the account was granted WITH GRANT OPTION';

const checkWords = {
  nothing: 'but the certificate was not checked',
  authority: 'certificate signed by a trusted authority; its name was not checked',
  authority_and_name: 'certificate and host name checked',
} as const;

async function resolveStep(target: UpstreamTarget, options: ConnectionTestOptions): Promise<string> {
  if (isSocketFolder(target.host)) return `${describeAddress(target)} is a Unix socket`;
  const resolve =
    options.resolveHost ?? (async (host) => (await lookup(host, { all: true })).map(({ address }) => address));
  try {
    return `${target.host} is ${(await resolve(target.host)).join(', ')}`;
  } catch (error) {
    throw networkError(error, target);
  }
}

const passed = (name: string, detail: string): Step => ({ name, ok: true, detail });

function failed(name: string, error: unknown): Step {
  if (!(error instanceof UpstreamError)) {
    return { name, ok: false, detail: error instanceof Error ? error.message : 'an unexpected fault' };
  }
  const parts = [error.message, error.detail, error.hint].filter((part) => part !== null);
  return { name, ok: false, detail: parts.map((part) => (/[.!?]$/.test(part) ? part : `${part}.`)).join(' ') };
}
