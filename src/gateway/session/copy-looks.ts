import { isUnmaskable, type UnmaskableCopy } from '../masking/copy-out/copy-format.ts';
import type { CatalogSnapshot } from '../sql/catalog.ts';
import { indexOf } from '../sql/catalog-index.ts';
import { sqlstate } from '../wire/constants.ts';
import type { ErrorText } from '../wire/encode-backend.ts';
import type { FieldDescription, NoticeFields } from '../wire/fields.ts';
import type { Answers } from './answers.ts';
import { entangled } from './copy-to-mask.ts';
import { describeHidden } from './hidden-exchange.ts';
import type { SessionKnowledge } from './knowledge.ts';
import { refusedCopy } from './refusal.ts';
import type { Member, UnitPlan } from './unit-plan.ts';

/** The copies of one session whose rows have to be masked: which of them may run, and what columns they have. */
export class CopyLooks {
  readonly #answers: Answers;
  readonly #knowledge: SessionKnowledge;
  readonly #write: (frames: readonly Buffer[]) => void;
  #looking = false;

  constructor(answers: Answers, knowledge: SessionKnowledge, write: (frames: readonly Buffer[]) => void) {
    this.#answers = answers;
    this.#knowledge = knowledge;
    this.#write = write;
  }

  /** The server analyses a copy that is to be sent, and may wait for a lock. */
  get looking(): boolean {
    return this.#looking;
  }

  /** Whether a unit has a copy whose columns have to be told before it is sent. In a failed transaction none runs. */
  due({ members }: UnitPlan): boolean {
    return this.#answers.transaction !== 'failed' && members.some(({ running }) => running.copyToMask !== null);
  }

  /**
   * Refuses the copies of a unit that cannot be masked. What else the unit runs may change the columns of what is copied; and
   * in some encodings half a character looks like a backslash or a quote.
   */
  refuse(plan: UnitPlan): void {
    if (!this.due(plan)) return;
    const alone = plan.members.length === 1 && !this.#answers.segmentOpen && runsNothingElse(plan);
    for (const member of plan.members) {
      const copy = member.running.copyToMask;
      if (copy === null) continue;
      if (isUnmaskable(copy)) member.refusal ??= refusedCopy(copy);
      else if (!alone) member.refusal ??= refusedCopy(entangled);
      else if (this.#knowledge.parameter('client_encoding') !== 'UTF8') member.refusal ??= refusedCopy(notUtf8);
    }
  }

  /** Looks at the copy in a unit that is about to be sent. */
  async look(plan: UnitPlan): Promise<void> {
    if (!this.due(plan)) return;
    this.#looking = true;
    await lookAtCopy(plan, this.#answers, this.#write, this.#knowledge.view.catalog);
    this.#looking = false;
  }
}

const notUtf8: UnmaskableCopy = {
  reason: 'client_encoding is not UTF8',
  hint: 'Set client_encoding to UTF8.',
};

/** A segment may also execute portals of earlier ones, which are no members of it. */
function runsNothingElse(plan: UnitPlan): boolean {
  const [member] = plan.members;
  return (
    plan.kind !== 'segment' ||
    plan.steps.every((step) => step.kind !== 'execute' || step.portal.running === member?.running)
  );
}

/**
 * Has the server describe the columns of the copy in a unit that is about to be sent, and tells its statement. The look locks
 * what the copy reads until the transaction ends, so nobody changes the columns in between. What the server says against the
 * look it would say against the copy: the statement is then refused with that, or, where it can still say so itself, sent.
 */
async function lookAtCopy(
  { members: [member] }: UnitPlan,
  answers: Answers,
  write: (frames: readonly Buffer[]) => void,
  catalog: CatalogSnapshot | null,
): Promise<void> {
  const copyOut = member?.running.copyToMask ?? null;
  if (member === undefined || member.refusal !== null || copyOut === null || isUnmaskable(copyOut)) return;
  const outside = answers.transaction === 'idle';
  const { fields, error } = await describeHidden(answers, write, copyOut.look);
  if (fields !== null) {
    const format = copyOut.format.kind === 'binary' ? 1 : 0;
    const described = fields.map((field) => ({ ...field, format }) as const);
    member.running.copies({
      copyOut,
      fields: described,
      stored: copyOut.wholeTable ? storedOf(fields, catalog) : null,
    });
  } else if (!(outside && error?.C?.startsWith('42') === true)) member.refusal = saidByServer(error, member);
}

function saidByServer(error: NoticeFields | null, { judged }: Member): ErrorText {
  const shown = judged.masking?.scrub(error ?? {}) ?? error ?? {};
  return {
    severity: 'ERROR',
    sqlstate: shown.C ?? sqlstate.internalError,
    message: shown.M ?? 'the database did not describe the columns of the COPY',
    detail: shown.D,
    hint: shown.H,
  };
}

/** No column becomes generated later, so one that the catalog has without an expression is none. */
function storedOf(fields: readonly FieldDescription[], catalog: CatalogSnapshot | null): readonly number[] | null {
  const stored: number[] = [];
  for (const [place, { tableOid, attributeNumber }] of fields.entries()) {
    const relation = catalog === null ? null : indexOf(catalog).relationByOid(tableOid);
    const column = relation?.columns.find((candidate) => candidate.attributeNumber === attributeNumber);
    if (column === undefined) return null;
    if (column.generated === null) stored.push(place);
  }
  return stored;
}
