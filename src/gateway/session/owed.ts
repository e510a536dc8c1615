import type { MaskPlan } from '../masking/types.ts';
import type { TransactionStatus } from '../wire/constants.ts';
import type { ErrorText } from '../wire/encode-backend.ts';
import type { FieldDescription, NoticeFields } from '../wire/fields.ts';
import type { Definition } from './definition.ts';
import type { Judged } from './judged.ts';
import type { RunningStatement } from './running-statement.ts';

/** A portal of the session: what it runs, and how its rows are masked once its columns are known. */
export interface Portal {
  readonly definition: Definition;
  readonly judged: Judged;
  readonly running: RunningStatement;
  /** Result formats as Bind gave them: none, one for all columns, or one each. */
  readonly resultFormats: readonly number[];
  /** The count of name changes when it was bound; a portal that runs by name is judged again when it has moved. */
  readonly nameChanges: number;
  /** How many statements waited for COMMIT when it was judged; a COMMIT is judged again when there are more. */
  readonly uncommitted: number;
  fields: readonly FieldDescription[] | null;
  plan: MaskPlan | null;
}

/**
 * An answer that the server still owes for a message sent to it, in order. `hidden` answers are for messages of our own and
 * are not shown to the client. `refusal` replaces the error that our substitute provokes.
 */
export type Owed =
  | {
      readonly kind: 'parse';
      readonly name: string;
      readonly definition: Definition;
      readonly hidden: boolean;
      /** Told of the error, of one of our own, which nobody else is. */
      readonly failed?: (fields: NoticeFields) => void;
    }
  | { readonly kind: 'refused_parse'; readonly refusal: ErrorText; readonly running: RunningStatement }
  | { readonly kind: 'bind'; readonly name: string; readonly portal: Portal | null; readonly hidden: boolean }
  | {
      readonly kind: 'describe';
      readonly portal: Portal | null;
      readonly statement: string | null;
      readonly hidden: boolean;
      /** Told of the columns, and of the error, of one of our own. */
      readonly described?: (fields: readonly FieldDescription[]) => void;
      readonly failed?: (fields: NoticeFields) => void;
    }
  | { readonly kind: 'execute'; readonly portal: Portal }
  | {
      readonly kind: 'internal_execute';
      readonly onRow: (values: readonly (Buffer | null)[]) => void;
      readonly onComplete: () => void;
    }
  | {
      readonly kind: 'close';
      readonly target: 'S' | 'P';
      readonly name: string;
      readonly hidden: boolean;
      /** Called once it was answered, or will not be. */
      readonly settled?: () => void;
    }
  | {
      readonly kind: 'sync';
      readonly hidden: boolean;
      /** Copies of the unit that were ended (CopyDone, CopyFail) when it was sent. */
      readonly copiesEnded?: number;
      readonly onReady?: () => void;
    }
  /** See fence.ts. With `ready`, a hidden Sync went before it: the ReadyForQuerys that came, of which the last is its own. */
  | { readonly kind: 'fence'; readonly ready: TransactionStatus[] | null }
  | { readonly kind: 'query'; readonly running: RunningStatement; readonly refusal: ErrorText | null }
  | { readonly kind: 'function_call'; readonly running: RunningStatement };
