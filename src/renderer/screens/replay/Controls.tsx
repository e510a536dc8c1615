import type { Replay } from '../../../contract/index.ts';
import { Button } from '../../parts/Button.tsx';
import { clock, timecode } from '../../parts/format.ts';
import { NextIcon, PauseIcon, PlayIcon, PreviousIcon } from '../../theme/icons.tsx';
import styles from './Controls.module.css';
import { SeekBar } from './SeekBar.tsx';
import { nextMarker, previousMarker, speeds } from './timeline.ts';
import type { Player } from './use-player.ts';

/** What plays, where it is, and how fast. */
export function Controls({ replay, player }: { readonly replay: Replay; readonly player: Player }) {
  const previous = previousMarker(replay.markers, player.at);
  const next = nextMarker(replay.markers, player.at);
  return (
    <fieldset className={styles.controls} aria-label="Player">
      <SeekBar replay={replay} player={player} />
      <div className={styles.row}>
        <Button
          variant="solid"
          icon={player.playing ? <PauseIcon /> : <PlayIcon />}
          aria-label={player.playing ? 'Pause' : 'Play'}
          title={`${player.playing ? 'Pause' : 'Play'} (Space)`}
          onClick={player.toggle}
        />
        <Button
          variant="quiet"
          icon={<PreviousIcon />}
          aria-label="Previous marker"
          title="Previous marker ([)"
          disabled={!previous}
          onClick={() => previous && player.seek(previous.at)}
        />
        <Button
          variant="quiet"
          icon={<NextIcon />}
          aria-label="Next marker"
          title="Next marker (])"
          disabled={!next}
          onClick={() => next && player.seek(next.at)}
        />
        <span className={styles.time}>
          <output data-testid="replay-time">{timecode(player.at)}</output> / {timecode(replay.durationMs)}
        </span>
        <span className={styles.clock}>{clock(replay.summary.startedAt + player.at)}</span>
        <label className={styles.idle}>
          <input
            type="checkbox"
            checked={player.skipIdle}
            onChange={(event) => player.setSkipIdle(event.target.checked)}
          />
          Skip idle
        </label>
        <fieldset className={styles.speeds}>
          <legend className="visually-hidden">Speed</legend>
          {speeds.map((speed) => (
            <label key={speed} className={styles.speed}>
              <input
                type="radio"
                name="speed"
                className="visually-hidden"
                checked={player.speed === speed}
                onChange={() => player.setSpeed(speed)}
              />
              <span>{speed}×</span>
            </label>
          ))}
        </fieldset>
      </div>
    </fieldset>
  );
}
