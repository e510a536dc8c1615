import { useMemo, useState } from 'react';
import { Visible } from '../../parts/Visible.tsx';
import styles from './Transcript.module.css';
import { type Frames, transcript } from './timeline.ts';

/** The whole replay as text, for those who read rather than watch. It is made when it is opened. */
export function Transcript({ frames }: { readonly frames: Frames }) {
  const [open, setOpen] = useState(false);
  const text = useMemo(() => (open ? transcript(frames) : ''), [open, frames]);
  return (
    <details className={styles.transcript} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Text transcript</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable from the keyboard */}
      <section aria-label="Transcript" tabIndex={0}>
        <pre>
          <Visible text={text} />
        </pre>
      </section>
    </details>
  );
}
