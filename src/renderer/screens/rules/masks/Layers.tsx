import { accountNote, type ConnectionView, type MaskLayer, maskLayers } from '../../../../contract/index.ts';
import { Chip, type Tone } from '../../../parts/Chips.tsx';
import { InfoNote } from '../../../parts/Notes.tsx';
import { CheckCircleIcon, InfoIcon, WarningIcon } from '../../../theme/icons.tsx';
import styles from './Masks.module.css';

const looks: Readonly<Record<MaskLayer['state'], { tone: Tone; icon: typeof InfoIcon; words: string }>> = {
  in_force: { tone: 'allow', icon: CheckCircleIcon, words: 'in force' },
  partly: { tone: 'ask', icon: InfoIcon, words: 'in part' },
  off: { tone: 'neutral', icon: WarningIcon, words: 'off' },
};

/** Which layers keep masked values from the agents of a connection, and what none of them can do for a mighty account. */
export function Layers({ view }: { readonly view: ConnectionView }) {
  const layers = maskLayers(view.config);
  const note = accountNote(view);
  return (
    <section className={styles.card} aria-label="Layers">
      <details>
        <summary className={styles.summary}>
          <span className={styles.title}>Layers</span>
          {layers.map(({ name, state }) => (
            <Chip
              key={name}
              tone={looks[state].tone}
              icon={looks[state].icon}
              label={`${name} ${looks[state].words}`}
            />
          ))}
        </summary>
        <dl className={styles.layers}>
          {layers.map(({ name, text }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      </details>
      {note !== null && (
        <div className={styles.padded}>
          <InfoNote tone={note.tone}>{note.text}</InfoNote>
        </div>
      )}
    </section>
  );
}
