import { z } from 'zod';
import { approvalRequest, decideInput } from './approval.ts';
import { identifier, instant, tlsMode } from './common.ts';
import {
  agentAddress,
  agentGroups,
  agentView,
  connectionConfig,
  connectionTest,
  connectionView,
} from './connection.ts';
import { finding, personalKind } from './detectors.ts';
import { gateEvents, gateVerification } from './gate.ts';
import { identityProvider } from './identity.ts';
import {
  connectionMatches,
  copiedColumn,
  copyPlace,
  renamedColumn,
  renamedKey,
  ruleStanding,
  statementExplanation,
} from './mask-editor.ts';
import { catalogTable, maskPreview, maskRule, maskSuggestions } from './masking.ts';
import { backtest, budgets, policyPreset, policyRule, policyView, ruleHits, scope } from './policy.ts';
import { newPassphrase, passphrase, sealView } from './seal.ts';
import { replay, report, sessionDetail, sessionSummary, verification } from './session.ts';
import { identityProviderView, keychainState, providerTest, tokenRequest, tokenTrial } from './sign-in.ts';
import { statementEntry } from './statement.ts';
import { serviceView } from './upstream.ts';

const nothing = z.object({});
const rules = z.array(policyRule).max(500);
const maskRules = z.array(maskRule).max(2000);
const sessionId = z.object({ sessionId: z.string().regex(/^[A-Za-z0-9-]{1,64}$/) });
const connectionName = z.object({ connection: identifier });
const providerName = z.object({ provider: identifier });

/** Something the operator should know about the gate itself; it stays until it is no longer true. */
export const problem = z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() });
export type Problem = z.infer<typeof problem>;

export const overview = z.object({
  version: z.string(),
  host: z.enum(['electron', 'headless']),
  demo: z.boolean(),
  /** `settings`: the desk may change connections, agents and rules. `file`: they come from a configuration file. */
  managedBy: z.enum(['settings', 'file']),
  listeners: z.array(z.object({ host: z.string(), port: z.number().int(), tls: tlsMode })),
  addresses: z.array(agentAddress),
  journalFolder: z.string(),
  approvalDeadlineMs: z.number().int().nonnegative(),
  problems: z.array(problem),
});
export type Overview = z.infer<typeof overview>;

/** The key is in this answer and nowhere else, ever. */
const newKey = z.object({ agent: agentView, key: z.string(), addresses: z.array(agentAddress) });

/** Every call of the desk: name, what goes in, what comes out. The only list; all transports and both hosts share it. */
export const calls = {
  'desk.overview': { input: nothing, output: overview },

  /** How the seal over the settings stands. The only calls that are answered before the gate is open are the `seal` ones. */
  'seal.state': { input: nothing, output: sealView },
  'seal.unlock': { input: z.object({ passphrase }), output: sealView },
  /**
   * What lies there is right: it is sealed and the gate opens. `found` binds the decision to what was shown. With a
   * passphrase: the one of the seal, or a new one where there is no key. Without: the keychain.
   */
  'seal.accept': { input: z.object({ found: z.string(), passphrase: passphrase.nullable() }), output: sealView },
  /** What was sealed is right: it is put back and the gate opens. */
  'seal.restore': { input: z.object({ found: z.string() }), output: sealView },
  /** Neither: Postern ends and leaves everything as it is. */
  'seal.quit': { input: nothing, output: nothing },
  /** Makes the seal of an open gate, or changes where its key is: a new passphrase, or null for the keychain. */
  'seal.change': {
    input: z.object({ current: passphrase.nullable(), next: newPassphrase.nullable() }),
    output: sealView,
  },

  'approvals.list': {
    input: nothing,
    output: z.object({
      /** Oldest first. */
      pending: z.array(approvalRequest),
      /** Given up by their agents: to be decided for the retry, or with a ticket that was not used yet. Oldest first. */
      retries: z.array(approvalRequest),
      /** Decided as whole sequences that still answer statements. Oldest first. */
      sequences: z.array(approvalRequest),
      /** The latest that ended, newest first. */
      decided: z.array(approvalRequest),
    }),
  },
  'approvals.decide': { input: decideInput, output: approvalRequest },
  /** Takes back a ticket that was not used yet. */
  'approvals.withdrawTicket': { input: z.object({ id: z.string() }), output: approvalRequest },
  /** Ends what was decided for a whole sequence: its next statement asks again. */
  'approvals.endSequence': { input: z.object({ id: z.string() }), output: approvalRequest },

  'sessions.list': {
    input: z.object({ text: z.string().max(500).optional(), limit: z.number().int().min(1).max(1000).default(200) }),
    output: z.array(sessionSummary),
  },
  'sessions.get': { input: sessionId, output: sessionDetail },
  'sessions.terminate': { input: sessionId, output: nothing },
  'sessions.verify': { input: sessionId, output: verification },
  'sessions.replay': { input: sessionId, output: replay },
  'sessions.report': { input: sessionId, output: report },

  /** The gate's own journal: who was not let in, start and stop, settings, credentials. */
  'gate.events': {
    /** Those before the event of that id; the latest when it is absent. */
    input: z.object({
      limit: z.number().int().min(1).max(1000).default(200),
      before: z
        .string()
        .regex(/^gate-[0-9A-Za-z-]{1,60}:\d{1,15}$/)
        .optional(),
    }),
    output: gateEvents,
  },
  'gate.verify': { input: nothing, output: gateVerification },
  'gate.report': { input: z.object({ since: instant, until: instant }), output: report },

  'connections.list': { input: nothing, output: z.array(connectionView) },
  /** The services of libpq's files on this machine, to fill a connection from. */
  'connections.services': { input: nothing, output: z.array(serviceView) },
  'connections.save': { input: connectionConfig, output: connectionView },
  'connections.remove': { input: connectionName, output: nothing },
  'connections.test': {
    /** Tests what is typed, before it is saved. The password is used once and forgotten. */
    input: z.object({ config: connectionConfig, password: z.string().max(65536).optional() }),
    output: connectionTest,
  },
  /** The database that a connection reaches now is the right one. */
  'connections.acceptTarget': { input: connectionName, output: connectionView },
  'connections.supplyCredential': {
    input: z.object({ connection: identifier, password: z.string().max(65536) }),
    output: connectionView,
  },

  'agents.list': { input: nothing, output: z.array(agentView) },
  'agents.create': {
    input: z.object({
      name: identifier,
      connections: z.array(identifier).min(1),
      scope: scope.optional(),
      groups: agentGroups.default([]),
    }),
    output: newKey,
  },
  /** What the key of an agent is for. It holds from the next statement on; sessions that it no longer covers end. */
  'agents.change': {
    input: z.object({
      name: identifier,
      connections: z.array(identifier).min(1),
      scope: scope.nullable(),
      groups: agentGroups,
    }),
    output: agentView,
  },
  /** A new key for the same agent. The one before, and any earlier, is good for `graceSeconds` more; then its sessions end. */
  'agents.rotate': {
    input: z.object({
      name: identifier,
      graceSeconds: z
        .number()
        .int()
        .min(0)
        .max(30 * 86_400),
    }),
    output: newKey,
  },
  'agents.revoke': { input: z.object({ name: identifier }), output: agentView },

  'identity.list': {
    input: nothing,
    output: z.object({
      providers: z.array(identityProviderView),
      keychain: keychainState,
      /** Programs that wait for a token, oldest first. */
      requests: z.array(tokenRequest),
    }),
  },
  'identity.save': { input: identityProvider, output: identityProviderView },
  /** Its sessions end, and a sign-in there is forgotten. */
  'identity.remove': { input: providerName, output: nothing },
  /** Asks the provider as typed, before it is saved. */
  'identity.test': { input: identityProvider, output: providerTest },
  /** The token is looked at in memory and forgotten; with `as`, by that configuration alone. */
  'identity.tryToken': {
    input: z.object({ token: z.string().min(1).max(70_000), as: identityProvider.optional() }),
    output: tokenTrial,
  },
  /** Begins a sign-in; how it goes on is seen in the list. */
  'identity.signIn': {
    input: z.object({
      provider: identifier,
      flow: z.enum(['authorization_code', 'device_code']),
      /** Keeps it in the system's keychain as well. */
      remember: z.boolean(),
    }),
    output: identityProviderView,
  },
  'identity.cancelSignIn': { input: providerName, output: identityProviderView },
  'identity.signOut': {
    input: providerName,
    /** What the provider was told; `note` when it goes on knowing the sign-in. */
    output: z.object({ view: identityProviderView, note: z.string().nullable() }),
  },
  'identity.answerRequest': { input: z.object({ id: z.string().max(64), give: z.boolean() }), output: nothing },

  'rules.catalog': { input: connectionName, output: z.array(catalogTable) },
  'rules.save': { input: z.object({ connection: identifier, rules: z.array(maskRule) }), output: connectionView },
  'rules.preview': {
    input: z.object({ connection: identifier, schema: z.string(), table: z.string(), rules: z.array(maskRule) }),
    output: maskPreview,
  },

  /** In how many results each mask rule of a connection masked something, or refused a statement, since the gate started. */
  'rules.hits': { input: connectionName, output: z.array(ruleHits) },
  /** How rules, saved or not, stand in the database of a connection, in their order. */
  'rules.review': { input: z.object({ connection: identifier, rules: maskRules }), output: z.array(ruleStanding) },
  /**
   * Columns that one of these rules reaches, here and on every other connection if it stood there, too: in the place of the
   * one with its id, else before the others.
   */
  'rules.matches': {
    input: z.object({
      connection: identifier,
      rules: maskRules,
      rule: identifier,
      /** Columns that are listed per connection. */
      limit: z.number().int().min(1).max(5000).default(100),
    }),
    output: z.array(connectionMatches),
  },

  /** Columns without a rule that hold copies of masked values, and are masked since; the latest first. */
  'copies.list': { input: connectionName, output: z.array(copiedColumn) },
  /** The operator says that a column holds no copies any more: from the next statement on it is not masked. */
  'copies.forget': { input: copyPlace, output: nothing },

  /** Columns that left their mask rules because others renamed them, and stay masked; the latest first. */
  'renamed.list': { input: connectionName, output: z.array(renamedColumn) },
  /** The operator says that a renamed column need not be masked: from the next statement on it is not. */
  'renamed.forget': { input: renamedKey, output: nothing },

  /** What the second net recognised in answers to agents, newest first. */
  'findings.list': { input: connectionName, output: z.array(finding) },
  /** The operator says that places do not hold what they seem to, or takes that back. */
  'findings.dismiss': {
    input: z.object({
      connection: identifier,
      places: z.array(z.object({ place: z.string().max(300), kind: personalKind })).max(5000),
      dismissed: z.boolean(),
    }),
    output: nothing,
  },
  /** Columns that look personal and that no rule names. `again`: rows are read anew, else only the first time. */
  'suggestions.list': {
    input: z.object({ connection: identifier, again: z.boolean().default(false) }),
    output: maskSuggestions,
  },

  'policy.presets': { input: nothing, output: z.array(policyView) },
  /** The rules of a connection in the order in which they are asked: its own, then its preset's. */
  'policy.rules': { input: connectionName, output: z.object({ view: policyView, hits: z.array(ruleHits) }) },
  'policy.save': {
    input: z.object({ connection: identifier, policy: policyPreset, rules, budgets: budgets.nullable() }),
    output: connectionView,
  },
  'policy.explain': {
    /** With `policy`, `rules` and `maskRules`: judged and masked under these instead of the connection's own. */
    input: z.object({
      connection: identifier,
      text: z.string().max(100_000),
      policy: policyPreset.optional(),
      rules: rules.optional(),
      maskRules: maskRules.optional(),
    }),
    output: statementExplanation,
  },
  'policy.backtest': {
    input: z.object({
      connection: identifier,
      policy: policyPreset,
      rules,
      sessions: z.number().int().min(1).max(1000).default(100),
    }),
    output: backtest,
  },
} as const;

/** Every event of the desk. A listener that missed some asks for the list again; events carry whole new states. */
export const events = {
  'approval.changed': approvalRequest,
  'session.changed': sessionSummary,
  'statement.changed': z.object({ sessionId: z.string(), statement: statementEntry }),
  'connections.changed': nothing,
  'agents.changed': nothing,
  'identity.changed': nothing,
  'overview.changed': nothing,
  'seal.changed': nothing,
  /** The gate's own journal has grown. */
  'gate.changed': nothing,
  /** At most every three seconds for each connection. */
  'findings.changed': z.object({ connection: z.string() }),
} as const;

export type CallName = keyof typeof calls;
export type CallInput<N extends CallName> = z.input<(typeof calls)[N]['input']>;
export type CallArguments<N extends CallName> = z.output<(typeof calls)[N]['input']>;
export type CallOutput<N extends CallName> = z.output<(typeof calls)[N]['output']>;
export type EventName = keyof typeof events;
export type EventPayload<N extends EventName> = z.output<(typeof events)[N]>;

/** What a host offers to the desk: one handler for each call. */
export type Handlers = { readonly [N in CallName]: (input: CallArguments<N>) => Promise<CallOutput<N>> };
