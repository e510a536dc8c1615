import type { Replay } from '../../../contract/index.ts';
import { cx } from '../../parts/cx.ts';
import { timecode } from '../../parts/format.ts';
import { markerKinds } from './marker-kinds.ts';
import styles from './SeekBar.module.css';
import type { Player } from './use-player.ts';

/** The whole session as a bar: what is behind, where statements lie and what became of them. A range input does the seeking. */
export function SeekBar({ replay, player }: { readonly replay: Replay; readonly player: Player }) {
  const total = Math.max(1, replay.durationMs);
  const share = (at: number) => `${Math.min(100, (at / total) * 100)}%`;
  return (
    <div className={styles.bar}>
      <div className={styles.track} aria-hidden="true">
        <div className={styles.done} style={{ width: share(player.at) }} />
      </div>
      <div className={styles.markers} aria-hidden="true">
        {replay.markers.map((marker, index) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: one statement may have several markers at one moment
            key={index}
            className={cx(styles.marker, styles[markerKinds[marker.kind].tone])}
            style={{ left: share(marker.at) }}
            title={`${timecode(marker.at)} ${markerKinds[marker.kind].label}: ${marker.label}`}
          />
        ))}
      </div>
      <input
        type="range"
        className={styles.range}
        min={0}
        max={total}
        step={1}
        value={player.at}
        aria-label="Position"
        aria-valuetext={`${timecode(player.at)} of ${timecode(total)}`}
        onChange={(event) => player.seek(Number(event.target.value))}
        onKeyDown={(event) => {
          const by = {
            ArrowLeft: -5000,
            ArrowDown: -5000,
            ArrowRight: 5000,
            ArrowUp: 5000,
            PageUp: total / 10,
            PageDown: -total / 10,
          }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          player.seek(player.at + by);
        }}
      />
    </div>
  );
}
