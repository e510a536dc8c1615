import type { ApprovalRequest, Sequence, SequenceKind } from '../../../contract/index.ts';
import { plural, timecode } from '../../parts/format.ts';
import { SqlLine } from '../../parts/Sql.tsx';
import { useNow } from '../../parts/use-now.ts';
import { Visible } from '../../parts/Visible.tsx';
import { WarningIcon } from '../../theme/icons.tsx';
import { ImpactTable } from './Impact.tsx';
import styles from './SequenceCard.module.css';

/** The whole, as buttons and titles name it. */
export const sequenceNames: Record<SequenceKind, string> = {
  migration: 'migration',
  sweep: 'sweep',
  reset: 'reset',
};

const reach: Record<SequenceKind, string> = {
  migration:
    'definitions that lose no rows: making tables, columns, indexes, constraints and types. Dropping tables or columns, and emptying tables, asks again.',
  sweep: 'emptying any of the tables below, by TRUNCATE or a DELETE of all rows. Nothing else.',
  reset:
    'dropping, emptying, making and filling whatever is in there now. What others make there meanwhile asks again.',
};

/** The statement is one of several that belong together: what the whole would do, and how one decision reaches all of it. */
export function SequenceCard({
  request,
  sequence,
}: {
  readonly request: ApprovalRequest;
  readonly sequence: Sequence;
}) {
  const { kind, recognised, evidence, tool, schemas, before, behind, moreBehind, impact, answer } = sequence;
  const name = sequenceNames[kind];
  return (
    <section className={styles.card} data-grave={recognised && kind !== 'migration'} aria-label={`The whole ${name}`}>
      <h3 className={styles.title}>
        <WarningIcon />
        <span>
          {recognised ? `Part of a ${name}` : `May be the first of a ${name}`} of <Visible text={schemas.join(', ')} />
          {request.environment === 'production' && ', production'}
        </span>
      </h3>
      <p className={styles.evidence}>
        {recognised ? `Told by this: ${evidence}.` : 'Nothing else of it has been seen yet.'}
        {tool !== null && ` ${tool} keeps its migrations there.`}
      </p>
      {impact !== null && kind !== 'migration' && (
        <>
          <p className={styles.lead}>The whole {name} may take away:</p>
          <ImpactTable impact={impact} label={`Tables of the whole ${name}`} />
        </>
      )}
      {impact === null && kind !== 'migration' && request.state === 'pending' && (
        <p className={styles.lead}>Looking up how much is in the tables …</p>
      )}
      {answer === null ? (
        <p className={styles.reach}>
          Decided for the whole {name}, one answer reaches what this agent does in{' '}
          {schemas.length === 1 ? 'this schema' : 'these schemas'} of {request.database}: {reach[kind]} It ends after 2
          minutes without such a statement, after 30 minutes, or when you end it.
        </p>
      ) : (
        <Answered sequence={sequence} />
      )}
      <Texts title="Just before" texts={before} />
      <Texts title="Waits behind it" texts={behind} more={moreBehind} />
    </section>
  );
}

function Answered({ sequence: { answer } }: { readonly sequence: Sequence }) {
  const now = useNow(1000);
  if (answer === null) return null;
  const { state, statements, idleUntil, reason } = answer;
  const told = `${plural(statements, 'further statement')} answered by it.`;
  return (
    <p className={styles.reach} role="status">
      {state === 'approved' &&
        `Approved as a whole. ${told} Ends in ${timecode(idleUntil - now)} unless more of it comes.`}
      {state === 'denied' &&
        `Denied as a whole. ${told} Statements of it are refused for another ${timecode(idleUntil - now)}.`}
      {state === 'ended' && (
        <>
          Decided as a whole, and over: <Visible text={reason ?? ''} />. {told}
        </>
      )}
    </p>
  );
}

function Texts({
  title,
  texts,
  more = 0,
}: {
  readonly title: string;
  readonly texts: readonly string[];
  readonly more?: number;
}) {
  if (texts.length === 0) return null;
  return (
    <div>
      <h4 className={styles.lead}>{title}</h4>
      <ul className={styles.texts}>
        {texts.map((text, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list of one request never changes its order
          <li key={index}>
            <SqlLine text={text} />
          </li>
        ))}
      </ul>
      {more > 0 && <p className={styles.evidence}>and {more} more</p>}
    </div>
  );
}
