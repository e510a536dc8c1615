import type { BoundValue } from '../../contract/index.ts';
import type { SequencePart } from '../approval/sequence-part.ts';
import type { ErrorText } from '../wire/encode-backend.ts';
import type { Definition } from './definition.ts';
import type { Judged } from './judged.ts';
import type { Portal } from './owed.ts';
import type { RunningStatement } from './running-statement.ts';

/** One statement that a unit would run, judged and recorded, before anything of it is sent. */
export interface Member {
  readonly judged: Judged;
  readonly running: RunningStatement;
  readonly parameters: readonly BoundValue[];
  readonly digest: string;
  /** Whether the same statement in another session does the same: it rests on nothing that only this session knows. */
  readonly repeatable: boolean;
  /** What it would be as a step of a sequence; null where it stands alone, or does not ask. */
  readonly part: SequencePart | null;
  /** Set when it must not run: the error that the client gets instead. */
  refusal: ErrorText | null;
}

/** One message of a segment, with what it means to us. */
export type Step =
  | { readonly kind: 'parse'; readonly frame: Buffer; readonly name: string; readonly definition: Definition }
  | {
      readonly kind: 'bind';
      readonly frame: Buffer;
      readonly name: string;
      readonly portal: Portal;
      readonly member: Member;
    }
  | {
      readonly kind: 'describe';
      readonly frame: Buffer;
      readonly target: 'S' | 'P';
      readonly name: string;
      readonly portal: Portal | null;
    }
  | {
      readonly kind: 'execute';
      readonly frame: Buffer;
      readonly portalName: string;
      readonly portal: Portal;
      readonly member: Member | null;
    }
  | { readonly kind: 'close'; readonly frame: Buffer; readonly target: 'S' | 'P'; readonly name: string }
  /** A message that was too long to be taken: refused, and nothing behind it is looked at. */
  | { readonly kind: 'oversized'; readonly member: Member };

export type UnitPlan =
  | {
      readonly kind: 'segment';
      readonly steps: readonly Step[];
      readonly end: 'sync' | 'flush';
      readonly members: readonly Member[];
      /** It executes something that may change how the server reads the texts behind it. */
      readonly mayChangeReading: boolean;
    }
  | { readonly kind: 'query' | 'function_call'; readonly frame: Buffer; readonly members: readonly [Member] }
  | { readonly kind: 'oversized'; readonly members: readonly [Member] };
