import type { MaskingProfile } from '../../masking/types.ts';
import { ProtocolError } from '../../wire/protocol-error.ts';
import type { RowMemory } from '../../wire/row-memory.ts';
import type { Asides } from '../asides.ts';
import type { NameRegistry } from '../names.ts';
import type { OwedQueue } from '../owed-queue.ts';
import type { Portals } from '../portals.ts';
import type { Recorder } from '../recorder.ts';
import type { RunningStatement } from '../running-statement.ts';

export interface AnswersOptions {
  readonly names: NameRegistry;
  readonly recorder: Recorder;
  /** Sends a frame to the client; frames of one chunk are written together. */
  readonly send: (frame: Buffer) => void;
  /** Sends the row that was written last. */
  readonly sendRow: (rows: RowMemory) => void;
  /** The masks of this moment: they also decide about notifications and reported settings. */
  readonly profile: () => MaskingProfile;
  readonly parameterChanged: (name: string, value: string) => void;
  /** ReadyForQuery came, and before it every change of a setting that it reports. */
  readonly ready: () => void;
  /** A statement completed or failed; its effects on what we know of the database are now real. */
  readonly completed: (running: RunningStatement) => void;
}

/** What those who follow the answers of one session share. */
export interface AnswerParts {
  readonly options: AnswersOptions;
  readonly owed: OwedQueue;
  readonly portals: Portals;
  readonly asides: Asides;
  /** Sends a frame that the client may see. */
  readonly send: (frame: Buffer) => void;
}

export const unexpected = (type: number): ProtocolError =>
  new ProtocolError(`unexpected message "${String.fromCharCode(type)}" from the server`);
