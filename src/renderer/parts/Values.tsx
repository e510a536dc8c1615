import type { BoundValue } from '../../contract/index.ts';
import { plural } from './format.ts';
import { Visible } from './Visible.tsx';
import styles from './Values.module.css';

/** The bound values of a statement, each as it will be sent. Nothing when there are none. */
export function Values({ values }: { readonly values: readonly BoundValue[] }) {
  if (values.length === 0) return null;
  return (
    <table className={styles.values}>
      <caption className={styles.caption}>{plural(values.length, 'bound value')}</caption>
      <thead>
        <tr>
          <th scope="col">Place</th>
          <th scope="col">Value</th>
          <th scope="col">Format</th>
        </tr>
      </thead>
      <tbody>
        {values.map((value, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the place is the identity of a bound value
          <tr key={index}>
            <th scope="row" className={styles.place}>
              ${index + 1}
            </th>
            <td className={styles.value}>
              {value.text === null ? <em className={styles.null}>NULL</em> : value.text === '' ? <em className={styles.null}>empty text</em> : <Visible text={value.text} />}
              {value.truncated && <span className={styles.cut}>cut: the rest is sent too, and is in the digest</span>}
            </td>
            <td className={styles.format}>{value.format}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
