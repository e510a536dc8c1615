import { useState } from 'react';
import type { ConnectionMatches, MaskRule } from '../../../../contract/index.ts';
import { useCall } from '../../../data/query.ts';
import { Button } from '../../../parts/Button.tsx';
import { count, plural } from '../../../parts/format.ts';
import { ErrorNote, Loading } from '../../../parts/Notes.tsx';
import { Visible } from '../../../parts/Visible.tsx';
import styles from './Masks.module.css';
import { howWords } from './words.ts';

interface RuleMatchesProps {
  readonly connection: string;
  /** Id of the rule. */
  readonly rule: string;
  readonly rules: readonly MaskRule[];
}

/** Columns per connection at first, and each time that more are asked for. */
const pageSize = 50;

/** The columns that a rule as edited reaches, here and on every other connection if it stood there, too. */
export function RuleMatches({ connection, rule, rules }: RuleMatchesProps) {
  const [limit, setLimit] = useState(pageSize);
  const matches = useCall('rules.matches', { connection, rules: [...rules], rule, limit }, { keepPrevious: true });
  const more = matches.data?.some(({ total, columns }) => total > columns.length) === true;
  return (
    <section className={styles.matches} aria-label={`Columns that ${rule} reaches`}>
      {matches.isPending && <Loading lines={3} label="Looking through the catalogs" />}
      <ErrorNote error={matches.error} retry={() => void matches.refetch()} />
      {matches.data?.map((one) => (
        <Matches key={one.connection} matches={one} here={one.connection === connection} />
      ))}
      {more && limit < 5000 && (
        <Button size="small" onClick={() => setLimit(Math.min(5000, limit * 10))}>
          Show more
        </Button>
      )}
    </section>
  );
}

function Matches({ matches, here }: { readonly matches: ConnectionMatches; readonly here: boolean }) {
  const { connection, columns, total, problem } = matches;
  return (
    <div>
      <h3 className={styles.connection}>
        {connection}
        <span className={styles.small}>
          {here ? ': ' : ', if it stood there: '}
          {problem === null ? (total === 0 ? 'no column' : plural(total, 'column')) : 'not known'}
          {total > columns.length && `, the first ${count(columns.length)} of them`}
        </span>
      </h3>
      {problem !== null && <p className={styles.small}>{problem}</p>}
      {columns.length > 0 && (
        <ul className={styles.columns}>
          {columns.map(({ column, type, how, heldBy }) => (
            <li key={column}>
              <code>
                <Visible text={column} />
              </code>
              <span className={styles.small}>
                <Visible text={type ?? 'not in the catalog now'} />
              </span>
              <span className={styles.small}>
                {howWords[how]}
                {heldBy !== null && `; ${heldBy} comes first`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
