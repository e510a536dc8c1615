import { useMemo, useState } from 'react';
import { useCommand } from '../../app/commands.ts';
import { navigate, routeHash } from '../../app/routes.ts';
import { useAction, useCall } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { Chip, EnvironmentChip } from '../../parts/Chips.tsx';
import { CopyButton } from '../../parts/CopyButton.tsx';
import { cx } from '../../parts/cx.ts';
import { Confirm } from '../../parts/Dialog.tsx';
import { dateTime, duration, plural } from '../../parts/format.ts';
import { Empty, ErrorNote, Loading } from '../../parts/Notes.tsx';
import { ReportButton } from '../../parts/ReportButton.tsx';
import { useNow } from '../../parts/use-now.ts';
import { VerificationNote } from '../../parts/VerificationNote.tsx';
import { Visible } from '../../parts/Visible.tsx';
import { BackIcon, EndIcon, ReplayIcon, ShieldIcon, TerminalIcon } from '../../theme/icons.tsx';
import styles from './SessionDetail.module.css';
import { SessionIdentity } from './SessionIdentity.tsx';
import { StatementList } from './StatementList.tsx';
import { type StatementFilter, statementFilters } from './statement-filter.ts';

/** One session: who, where, when, every statement, and what can be done with its record. */
export function SessionDetail({ sessionId }: { readonly sessionId: string }) {
  const session = useCall('sessions.get', { sessionId });
  const verify = useAction('sessions.verify');
  const terminate = useAction('sessions.terminate');
  const [filter, setFilter] = useState<StatementFilter>('all');
  const [ending, setEnding] = useState(false);
  const now = useNow(1000);
  const statements = session.data?.statements;
  const shown = useMemo(() => (statements ?? []).filter(statementFilters[filter].test), [statements, filter]);
  useCommand(
    'session.replay',
    () => navigate({ screen: 'replay', id: sessionId, at: null }),
    session.data !== undefined,
  );
  useCommand('session.verify', () => verify.mutate({ sessionId }), session.data !== undefined);

  if (session.isPending) return <Loading lines={8} label="Loading the session" />;
  if (session.error) {
    return (
      <div className={styles.error}>
        <a href="#/sessions">All sessions</a>
        <ErrorNote error={session.error} retry={() => void session.refetch()} />
      </div>
    );
  }
  const { summary } = session.data;
  const filters = Object.keys(statementFilters) as StatementFilter[];

  return (
    <section className={styles.detail} aria-label={`Session of ${summary.agent}`}>
      <header className={styles.head}>
        <a className={styles.back} href="#/sessions">
          <BackIcon size={14} /> All sessions
        </a>
        <div className={styles.titleRow}>
          <h2 className={styles.title}>
            <Visible text={summary.agent} /> on {summary.connection}
          </h2>
          <EnvironmentChip environment={summary.environment} />
          {summary.live ? (
            <Chip tone="allow" label="Live" icon={TerminalIcon} />
          ) : (
            <Chip tone="neutral" label="Ended" />
          )}
        </div>
        <p className={styles.facts}>
          {dateTime(summary.startedAt)} · {duration(Math.max(0, (summary.endedAt ?? now) - summary.startedAt))} ·{' '}
          {plural(summary.counts.statements, 'statement')}, {plural(summary.counts.rows, 'row')} · database{' '}
          <Visible text={summary.database} /> <SessionIdentity summary={summary} />
          {summary.applicationName !== null && (
            <>
              {' '}
              · application <Visible text={summary.applicationName} /> (claimed)
            </>
          )}{' '}
          · from <code>{summary.clientAddress}</code>
          {summary.clientTls === null ? '' : `, ${summary.clientTls.split(' ')[0]}`} · session <code>{sessionId}</code>{' '}
          <CopyButton text={sessionId} label="Copy session" iconOnly />
          {summary.endReason !== null && (
            <>
              {' '}
              · ended: <Visible text={summary.endReason} />
            </>
          )}
        </p>
        <div className={styles.actions}>
          <a className={styles.replay} href={routeHash({ screen: 'replay', id: sessionId, at: null })}>
            <ReplayIcon size={14} /> Replay
          </a>
          <ReportButton sessionId={sessionId} />
          <Button icon={<ShieldIcon size={14} />} busy={verify.isPending} onClick={() => verify.mutate({ sessionId })}>
            Verify
          </Button>
          {summary.live && (
            <Button variant="danger" icon={<EndIcon size={14} />} onClick={() => setEnding(true)}>
              End session
            </Button>
          )}
        </div>
        <ErrorNote error={verify.error} />
        {verify.data && <VerificationNote verification={verify.data} />}
        <fieldset className={styles.filters} aria-label="Statements shown">
          {filters.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={filter === name}
              className={cx(styles.filter, filter === name && styles.on)}
              onClick={() => setFilter(name)}
            >
              {statementFilters[name].title}
              <span className={styles.number}>{(statements ?? []).filter(statementFilters[name].test).length}</span>
            </button>
          ))}
        </fieldset>
      </header>
      {shown.length === 0 ? (
        <Empty icon={<TerminalIcon size={22} />} title={filter === 'all' ? 'No statement yet' : 'None of these'}>
          <p>
            {filter === 'all'
              ? 'The agent has connected and said nothing so far.'
              : 'This session has no statement of this kind.'}
          </p>
        </Empty>
      ) : (
        <StatementList statements={shown} />
      )}
      {ending && (
        <Confirm
          title="End this session?"
          action="End session"
          busy={terminate.isPending}
          error={<ErrorNote error={terminate.error} />}
          onClose={() => setEnding(false)}
          onConfirm={() => terminate.mutate({ sessionId }, { onSuccess: () => setEnding(false) })}
        >
          <p>
            The agent’s connection is closed at once. An open transaction is rolled back by the database, statements
            that wait are withdrawn. The record stays. The agent may connect again unless you revoke its key.
          </p>
        </Confirm>
      )}
    </section>
  );
}
