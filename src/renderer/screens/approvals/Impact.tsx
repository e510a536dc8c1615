import type { Impact } from '../../../contract/index.ts';
import { bytes, count, plural } from '../../parts/format.ts';
import { Visible } from '../../parts/Visible.tsx';
import styles from './Impact.module.css';

/** How much is in the tables: the sum in words, and each table with its share. Numbers are the server's statistics. */
export function ImpactTable({ impact, label }: { readonly impact: Impact; readonly label: string }) {
  return (
    <div className={styles.impact}>
      <p className={styles.sum}>{impactWords(impact)}</p>
      {(impact.tables.length > 1 || impact.moreTables > 0) && (
        <table aria-label={label}>
          <tbody>
            {impact.tables.slice(0, 8).map(({ name, rows, bytes: size }) => (
              <tr key={name}>
                <th scope="row">
                  <code>
                    <Visible text={name} />
                  </code>
                </th>
                <td>{rows === null ? 'rows unknown' : plural(rows, 'row')}</td>
                <td>{size === null ? '' : bytes(size)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {tablesOf(impact) > 8 && impact.tables.length > 1 && (
        <p className={styles.more}>and {count(tablesOf(impact) - 8)} more</p>
      )}
    </div>
  );
}

const tablesOf = ({ tables, moreTables }: Impact): number => tables.length + moreTables;

/** `62 tables, 1,204,311 rows, 212 MB`; of one table its name instead of the number. */
export function impactWords(impact: Impact): string {
  const [only] = impact.tables;
  const what = tablesOf(impact) === 1 && only !== undefined ? only.name : plural(tablesOf(impact), 'table');
  const rows = impact.rows === null ? 'rows unknown' : `about ${plural(impact.rows, 'row')}`;
  return [what, rows, ...(impact.bytes === null ? [] : [bytes(impact.bytes)])].join(', ');
}
