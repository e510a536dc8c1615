import { useId } from 'react';
import type { BoundValue } from '../../contract/index.ts';
import { plural } from './format.ts';
import styles from './Values.module.css';
import { Visible } from './Visible.tsx';

/** The bound values of a statement, each as it will be sent. Nothing when there are none. */
export function Values({ values }: { readonly values: readonly BoundValue[] }) {
  const caption = useId();
  if (values.length === 0) return null;
  return (
    <figure className={styles.frame}>
      <figcaption className={styles.caption} id={caption}>
        {plural(values.length, 'bound value')}
      </figcaption>
      <table className={styles.values} aria-labelledby={caption}>
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
                {value.text === null ? (
                  <em className={styles.null}>NULL</em>
                ) : value.text === '' ? (
                  <em className={styles.null}>empty text</em>
                ) : (
                  <Visible text={value.text} />
                )}
                {value.truncated && <span className={styles.cut}>cut: the rest is sent too, and is in the digest</span>}
              </td>
              <td className={styles.format}>{value.format}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
