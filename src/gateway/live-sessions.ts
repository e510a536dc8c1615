import { randomUUID } from 'node:crypto';
import type { ConnectionConfig, SessionDetail } from '../contract/index.ts';
import type { ApprovalBroker } from './approval/broker.ts';
import type { Databases } from './databases.ts';
import type { GateJournals } from './gate-journal/gate-journals.ts';
import type { Identity } from './identity/types.ts';
import type { JudgedWith } from './judging.ts';
import type { Findings } from './masking/net/findings.ts';
import { HourMeter, SessionBudget } from './policy/budget.ts';
import { secondNet } from './second-net.ts';
import { CancelRegistry } from './session/cancel-registry.ts';
import { Cautions } from './session/caution.ts';
import type { Admission, Admitted } from './session/open-session.ts';
import { type RecorderListener, SessionRecorder } from './session/recorder.ts';
import { Session } from './session/session.ts';
import type { SessionFacts } from './session/session-options.ts';
import { ClientGone } from './session/startup-reader.ts';
import type { CurrentSettings } from './settings/current-settings.ts';
import { watchExpiry } from './token-expiry.ts';
import type { GatewayOptions } from './types.ts';
import { cancelUpstream } from './upstream/cancel.ts';
import type { TargetIdentity } from './upstream/types.ts';

export interface LiveSessionsOptions {
  readonly gateVersion: string;
  readonly journals: GateJournals;
  readonly databases: Databases;
  readonly broker: ApprovalBroker;
  readonly monotonic: () => number;
  readonly log: GatewayOptions['log'];
  readonly settings: CurrentSettings;
  /** What a session of this connection is judged with at this moment. */
  readonly judgeWith: (config: ConnectionConfig, identity: Identity) => JudgedWith;
  readonly findings: Findings;
  readonly ruleAnswered: (connection: string, ruleId: string) => void;
  readonly rulesMasked: (connection: string, ruleIds: readonly string[]) => void;
  /** Why the database that was reached is doubted; asked at admission, and then anew before each statement. */
  readonly reached: (config: ConnectionConfig, identity: TargetIdentity | null) => () => string | null;
  readonly listener: RecorderListener;
}

interface Live {
  readonly session: Session;
  readonly identity: Identity;
  readonly recorder: SessionRecorder;
  readonly ended: Promise<void>;
}

/** The sessions that are open, from admission to their end. */
export class LiveSessions {
  readonly cancels = new CancelRegistry();
  /** Last admission of each agent, milliseconds since the epoch. */
  readonly lastSeen = new Map<string, number>();
  readonly #options: LiveSessionsOptions;
  readonly #live = new Map<string, Live>();
  /** Why no session begins any more. */
  #closing: string | null = null;
  /** What each agent used on each connection within the hour. */
  readonly #hours = new Map<string, HourMeter>();

  constructor(options: LiveSessionsOptions) {
    this.#options = options;
  }

  details(): readonly SessionDetail[] {
    return [...this.#live.values()].map(({ recorder }) => recorder.detail(true));
  }

  /** Ends the sessions that `why` gives a reason for. Resolves when all of them have ended. */
  async end(why: (facts: SessionFacts, identity: Identity) => string | null): Promise<number> {
    // A copy: a session that ends leaves the map that is being walked.
    const ending = [...this.#live.values()].flatMap(({ session, identity, ended }) => {
      const reason = why(session.facts, identity);
      if (reason === null) return [];
      session.terminate(reason);
      return [ended];
    });
    await Promise.all(ending);
    return ending.length;
  }

  has(sessionId: string): boolean {
    return this.#live.has(sessionId);
  }

  /** Ends all sessions, and those that are just being admitted. Resolves when they have ended. */
  async close(reason: string): Promise<void> {
    this.#closing = reason;
    await this.end(() => reason);
  }

  /** Makes the session of an admitted client. Throws JournalError when it cannot be recorded: the client is then refused. */
  async admit(admission: Admission): Promise<Admitted> {
    const { client, identity, config, target } = admission;
    const { context, release } = this.#options.databases.use(config, target);
    try {
      await context.refresh();
      if (client.destroyed) throw new ClientGone('the client left before its session began');
      if (this.#closing !== null) throw new ClientGone(this.#closing);
      const facts = factsOf(admission);
      const recorder = this.#record(facts, admission);
      const { session, secretKey } = this.#open(facts, recorder, context, release, admission);
      this.lastSeen.set(identity.agent, Date.now());
      recorder.flush();
      return { secretKey, start: () => session.start() };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** A token speaks for its bearer until it expires. Returns what forgets the session again. */
  #endWithToken(session: Session, { token }: Identity): () => void {
    if (token === null) return () => undefined;
    return watchExpiry(token.expiresAt, Date.now, () => {
      if (this.#options.settings.atExpiry(token.provider) === 'at_once') session.terminate(tokenExpired);
      else session.terminateAfterStatement(tokenExpired);
    });
  }

  #hourOf({ agent, connection }: SessionFacts): HourMeter {
    const key = JSON.stringify([agent, connection]);
    const hour = this.#hours.get(key) ?? new HourMeter(this.#options.monotonic);
    this.#hours.set(key, hour);
    return hour;
  }

  #record(facts: SessionFacts, { identity, config, upstream, role, clientTls, clientUid }: Admission): SessionRecorder {
    const { journals, gateVersion, listener } = this.#options;
    const { id: sessionId, ...recorded } = facts;
    const recorder = new SessionRecorder(sessionId, journals.openSession(sessionId), Date.now, listener);
    recorder.append({
      type: 'session_start',
      sessionId,
      ...recorded,
      clientTls,
      clientUid,
      groups: [...identity.groups],
      token: identity.token,
      sessionRole: role?.name ?? null,
      environment: config.environment,
      policy: config.policy,
      serverVersion: upstream.parameters.get('server_version') ?? '',
      upstreamEncrypted: upstream.encrypted,
      upstreamProcessId: upstream.processId,
      gateVersion,
    });
    return recorder;
  }

  #open(
    facts: SessionFacts,
    recorder: SessionRecorder,
    database: ReturnType<Databases['use']>['context'],
    release: () => void,
    { client, identity, startup, config, target, upstream, role }: Admission,
  ): { session: Session; secretKey: Buffer } {
    const { settings, findings, broker, judgeWith, ruleAnswered, rulesMasked, monotonic, log, listener } =
      this.#options;
    const { processId, encrypted } = upstream;
    const keyLength = startup.minorVersion >= 2 ? 32 : 4;
    const key = this.cancels.register(processId, keyLength, (arrivedAt) => session.cancel(arrivedAt));
    let onEnded = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      onEnded = resolve;
    });
    const session = new Session({
      facts,
      client,
      upstream: upstream.socket,
      upstreamRest: upstream.rest,
      processId,
      parameters: upstream.parameters,
      startup: startup.parameters,
      database,
      judgeWith: () => judgeWith(config, identity),
      ruleAnswered: (ruleId) => ruleAnswered(config.name, ruleId),
      rulesMasked: (ruleIds) => rulesMasked(config.name, ruleIds),
      net: secondNet({
        connection: config.name,
        settings: () => settings.latest(config).detectors,
        findings,
        columnAt: (tableOid, attributeNumber) => database.columnAt(tableOid, attributeNumber),
        log,
      }),
      cautions: new Cautions(
        new SessionBudget(() => settings.latest(config).budgets, this.#hourOf(facts)),
        this.#options.reached(config, upstream.identity),
        () => settings.latest(config).maskedComparisons,
      ),
      recorder,
      broker,
      cancelUpstream: () => cancelUpstream(target, processId, upstream.secretKey, { encrypted }),
      monotonic,
      log,
      onEnd: () => {
        release();
        stopWatching();
        void role?.release();
        key.forget();
        this.#live.delete(facts.id);
        onEnded();
        listener.summary(recorder.detail(false).summary);
      },
    });
    this.#live.set(facts.id, { session, identity, recorder, ended });
    const stopWatching = this.#endWithToken(session, identity);
    return { session, secretKey: key.secretKey };
  }
}

const tokenExpired = 'its access token has expired; connect again with a fresh one';

function factsOf({ identity, config, target, startup, clientAddress }: Admission): SessionFacts {
  return {
    id: `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}-${randomUUID().slice(0, 8)}`,
    agent: identity.agent,
    subject: identity.subject,
    connection: config.name,
    database: target.database,
    role: config.sessionRole.kind === 'set_role' ? config.sessionRole.role : target.user,
    applicationName: startup.parameters.get('application_name') ?? null,
    clientAddress,
  };
}
