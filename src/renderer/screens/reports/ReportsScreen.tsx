import type { SessionSummary } from '../../../contract/index.ts';
import { routeHash } from '../../app/routes.ts';
import { useAction, useCall } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { Chip, EnvironmentChip } from '../../parts/Chips.tsx';
import { dateTime, duration, plural } from '../../parts/format.ts';
import { Empty, ErrorNote, Loading } from '../../parts/Notes.tsx';
import { ReportButton } from '../../parts/ReportButton.tsx';
import { ScreenHead } from '../../parts/ScreenHead.tsx';
import { VerificationNote } from '../../parts/VerificationNote.tsx';
import { Visible } from '../../parts/Visible.tsx';
import { ReportIcon, ShieldIcon } from '../../theme/icons.tsx';
import styles from './ReportsScreen.module.css';

/** Sessions as evidence: a PDF that others can read, and a check that nothing was changed since. */
export function ReportsScreen() {
  const sessions = useCall('sessions.list', {});
  return (
    <>
      <ScreenHead title="Reports" detail="a PDF of a session, with its approvals, masked evidence and verification" />
      <div className={styles.panel}>
        {sessions.isPending && <Loading lines={8} label="Loading sessions" />}
        <ErrorNote error={sessions.error} retry={() => void sessions.refetch()} />
        {sessions.data?.length === 0 && (
          <Empty icon={<ReportIcon size={22} />} title="Nothing to report yet">
            <p>Every session of an agent can be made into a report, while it lasts and after its end.</p>
          </Empty>
        )}
        {sessions.data && sessions.data.length > 0 && (
          <ul className={styles.list}>
            {sessions.data.map((session) => (
              <ReportRow key={session.id} session={session} />
            ))}
          </ul>
        )}
      </div>
    </>
  );
}

function ReportRow({ session }: { readonly session: SessionSummary }) {
  const verify = useAction('sessions.verify');
  return (
    <li className={styles.row}>
      <div className={styles.what}>
        <p className={styles.title}>
          <a href={routeHash({ screen: 'sessions', id: session.id })}>
            <Visible text={session.agent} /> on {session.connection}
          </a>
          <EnvironmentChip environment={session.environment} />
          {session.live && <Chip tone="allow" label="Live" />}
        </p>
        <p className={styles.facts}>
          {dateTime(session.startedAt)}
          {session.endedAt !== null && ` · ${duration(session.endedAt - session.startedAt)}`} ·{' '}
          {plural(session.counts.statements, 'statement')}, {session.counts.held} held, {session.counts.refused} refused
        </p>
      </div>
      <div className={styles.actions}>
        <Button
          icon={<ShieldIcon size={14} />}
          busy={verify.isPending}
          onClick={() => verify.mutate({ sessionId: session.id })}
        >
          Verify
        </Button>
        <ReportButton sessionId={session.id} label="Make PDF" />
      </div>
      {(verify.error || verify.data) && (
        <div className={styles.result}>
          <ErrorNote error={verify.error} />
          {verify.data && <VerificationNote verification={verify.data} />}
        </div>
      )}
    </li>
  );
}
