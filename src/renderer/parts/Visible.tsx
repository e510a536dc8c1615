import styles from './Visible.module.css';
import { visibleParts } from './visible.ts';

/** Text from an agent or a database: as text only, in the order of its characters, with invisible ones made visible. */
export function Visible({ text }: { readonly text: string }) {
  return (
    <bdo dir="ltr" className={styles.text}>
      {visibleParts(text).map((part, index) =>
        part.kind === 'text' ? (
          part.text
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text have no identity besides their place
          <mark key={index} className={styles.hidden} title={`Invisible character ${part.label}`}>
            {part.label}
          </mark>
        ),
      )}
    </bdo>
  );
}
