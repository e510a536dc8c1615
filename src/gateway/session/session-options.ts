import type { Socket } from 'node:net';
import type { ApprovalBroker } from '../approval/broker.ts';
import type { Cautions } from './caution.ts';
import type { DatabaseContext } from './database-context.ts';
import type { JudgeContext } from './judged.ts';
import type { SessionRecorder } from './recorder.ts';
import type { RunningStatementOptions } from './running-statement.ts';

/** Facts of a session that do not change. */
export interface SessionFacts {
  readonly id: string;
  readonly agent: string;
  readonly subject: string;
  readonly connection: string;
  readonly database: string;
  readonly role: string;
  readonly applicationName: string | null;
  readonly clientAddress: string;
}

/** What a session is made of: two sockets that are open, who is at them, and the rooms that it works with. */
export interface SessionOptions {
  readonly facts: SessionFacts;
  readonly client: Socket;
  readonly upstream: Socket;
  /** Bytes of the server that came behind its first ReadyForQuery. */
  readonly upstreamRest: Buffer;
  /** The server's process of this session. */
  readonly processId: number;
  readonly parameters: ReadonlyMap<string, string>;
  /** What the client asked for at its start, by parameter name. */
  readonly startup: ReadonlyMap<string, string>;
  readonly database: DatabaseContext;
  readonly judgeWith: () => Pick<
    JudgeContext,
    'parser' | 'policy' | 'environment' | 'groups' | 'scope' | 'now' | 'asked'
  >;
  /** Lays the second net under a statement. */
  readonly net: NonNullable<RunningStatementOptions['net']>;
  /** Told of every answer, by the id of the rule that gave it. */
  readonly ruleAnswered: (ruleId: string) => void;
  /** Told of the mask rules at work in each result, and in each statement that masking refuses. */
  readonly rulesMasked: (ruleIds: readonly string[]) => void;
  /** What has to be asked about beyond the policy. */
  readonly cautions: Cautions;
  readonly recorder: SessionRecorder;
  readonly broker: ApprovalBroker;
  readonly cancelUpstream: () => Promise<void>;
  readonly monotonic: () => number;
  readonly log: (
    level: 'info' | 'warn' | 'error',
    message: string,
    details?: Readonly<Record<string, unknown>>,
  ) => void;
  /** Called once, when both sides are closed and the journal is complete. */
  readonly onEnd: (reason: string) => void;
}
