import { routeHash } from '../../app/routes.ts';
import { useCall } from '../../data/query.ts';
import { Empty, ErrorNote, Loading } from '../../parts/Notes.tsx';
import { ScreenHead } from '../../parts/ScreenHead.tsx';
import { ReplayIcon } from '../../theme/icons.tsx';
import { ReplayPlayer } from './ReplayPlayer.tsx';
import styles from './ReplayScreen.module.css';

interface ReplayScreenProps {
  readonly sessionId: string;
  /** Milliseconds from the start of the session. */
  readonly startAt: number | null;
}

/** A session as it happened, in a terminal, with its statements beside it. */
export default function ReplayScreen({ sessionId, startAt }: ReplayScreenProps) {
  const replay = useCall('sessions.replay', { sessionId });
  if (replay.data && replay.data.frames.length > 0) return <ReplayPlayer replay={replay.data} startAt={startAt ?? 0} />;
  return (
    <>
      <ScreenHead title="Replay">
        <a href={routeHash({ screen: 'sessions', id: sessionId })}>Back to the session</a>
      </ScreenHead>
      {replay.isPending && <Loading lines={10} label="Loading the replay" />}
      {replay.error && (
        <div className={styles.error}>
          <ErrorNote error={replay.error} retry={() => void replay.refetch()} />
        </div>
      )}
      {replay.data && (
        <Empty icon={<ReplayIcon size={22} />} title="Nothing to replay yet">
          <p>This session has no statement so far.</p>
        </Empty>
      )}
    </>
  );
}
