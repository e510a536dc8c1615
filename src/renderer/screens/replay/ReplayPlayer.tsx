import { useRef } from 'react';
import type { Replay } from '../../../contract/index.ts';
import { useCommand } from '../../app/commands.ts';
import { routeHash } from '../../app/routes.ts';
import { Button } from '../../parts/Button.tsx';
import { EnvironmentChip } from '../../parts/Chips.tsx';
import { downloadText } from '../../parts/download.ts';
import { ScreenHead } from '../../parts/ScreenHead.tsx';
import { Visible } from '../../parts/Visible.tsx';
import { BackIcon, DownloadIcon } from '../../theme/icons.tsx';
import { Controls } from './Controls.tsx';
import { MarkerList } from './MarkerList.tsx';
import styles from './ReplayPlayer.module.css';
import { SearchBox } from './SearchBox.tsx';
import { Transcript } from './Transcript.tsx';
import { asciicast, nextMarker, previousMarker, speeds } from './timeline.ts';
import { usePlayer } from './use-player.ts';
import { useTerminal } from './use-terminal.ts';

const stepMs = 5000;

/** The player: terminal, statements, controls, and a transcript for those who read rather than watch. */
export function ReplayPlayer({ replay, startAt }: { readonly replay: Replay; readonly startAt: number }) {
  const host = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const terminal = useTerminal(host, replay.columns);
  const player = usePlayer(replay, terminal, startAt);
  const { markers, summary } = replay;
  const jump = (marker: { at: number } | null) => marker && player.seek(marker.at);
  const changeSpeed = (by: number) => {
    const next = speeds[speeds.indexOf(player.speed) + by];
    if (next !== undefined) player.setSpeed(next);
  };

  useCommand('replay.toggle', player.toggle);
  useCommand('replay.back', () => player.seek(player.at - stepMs));
  useCommand('replay.forward', () => player.seek(player.at + stepMs));
  useCommand('replay.previousMarker', () => jump(previousMarker(markers, player.at)));
  useCommand('replay.nextMarker', () => jump(nextMarker(markers, player.at)));
  useCommand('replay.slower', () => changeSpeed(-1));
  useCommand('replay.faster', () => changeSpeed(1));
  useCommand('replay.idle', () => player.setSkipIdle(!player.skipIdle));
  useCommand('replay.search', () => search.current?.focus());
  useCommand('list.next', () => jump(nextMarker(markers, player.at)));
  useCommand('list.previous', () => jump(previousMarker(markers, player.at)));

  return (
    <>
      <ScreenHead
        title={
          <>
            <a
              className={styles.back}
              href={routeHash({ screen: 'sessions', id: summary.id })}
              aria-label="Back to the session"
            >
              <BackIcon />
            </a>
            Replay
          </>
        }
        detail={
          <>
            <Visible text={summary.agent} /> on {summary.connection}
          </>
        }
      >
        <EnvironmentChip environment={summary.environment} />
        <Button
          size="small"
          icon={<DownloadIcon size={14} />}
          onClick={() =>
            downloadText(
              `session-${summary.id}.cast`,
              'application/x-asciicast',
              asciicast(replay, terminal?.rows() ?? 24),
            )
          }
        >
          asciicast
        </Button>
      </ScreenHead>
      <div className={styles.layout}>
        <MarkerList markers={markers} at={player.at} onJump={player.seek} />
        <div className={styles.stage}>
          <SearchBox terminal={terminal} input={search} />
          <div className={styles.terminal}>
            <div className={styles.host} ref={host} aria-hidden="true" data-testid="terminal" />
          </div>
          <Controls replay={replay} player={player} />
        </div>
      </div>
      <Transcript frames={replay.frames} />
    </>
  );
}
