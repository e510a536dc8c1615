import { useEffect, useRef } from 'react';
import { useCommand } from '../../app/commands.ts';
import { navigate } from '../../app/routes.ts';
import { useCall } from '../../data/query.ts';
import { cx } from '../../parts/cx.ts';
import { plural } from '../../parts/format.ts';
import { ErrorNote, Loading } from '../../parts/Notes.tsx';
import { ScreenHead } from '../../parts/ScreenHead.tsx';
import styles from './ApprovalsScreen.module.css';
import { NothingWaits } from './NothingWaits.tsx';
import { RequestDetail } from './RequestDetail.tsx';
import { RequestList } from './RequestList.tsx';

/** The inbox: what waits, oldest first, everything needed to decide, and what was decided. */
export function ApprovalsScreen({ id }: { readonly id: string | null }) {
  const approvals = useCall('approvals.list', {});
  const pending = approvals.data?.pending ?? [];
  const retries = approvals.data?.retries ?? [];
  const sequences = approvals.data?.sequences ?? [];
  const decided = approvals.data?.decided ?? [];
  const all = [...pending, ...retries, ...sequences, ...decided];
  const selected = all.find((request) => request.id === id) ?? null;
  const toDecide = [...pending, ...retries.filter(({ retry }) => retry?.state === 'offered')];
  // The agent asked again while its request was open here: the new one is what the operator reads on.
  const successor = selected === null ? all.find(({ replaces }) => replaces !== null && replaces === id) : undefined;
  const first = successor?.id ?? toDecide[0]?.id ?? null;

  const open = (to: string | null) => navigate({ screen: 'approvals', id: to }, true);
  const move = (by: number) => {
    const at = all.findIndex((request) => request.id === id);
    const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
    if (next) open(next.id);
  };
  // What is open stays open when it ends elsewhere: somebody may be reading it. An empty view, and one whose request was
  // decided here, take the oldest that waits; its buttons and keys are armed a moment later.
  const finishedWith = useRef<string | null>(null);
  useEffect(() => {
    if (first === null || (selected !== null && selected.id !== finishedWith.current)) return;
    navigate({ screen: 'approvals', id: first }, true);
  }, [selected, first]);
  useCommand('list.next', () => move(1), all.length > 0);
  useCommand('list.previous', () => move(-1), all.length > 0);

  const afterDecision = (decidedId: string) => {
    finishedWith.current = decidedId;
    open(toDecide.find((request) => request.id !== decidedId)?.id ?? decidedId);
  };

  return (
    <>
      <ScreenHead title="Approvals" detail={waitingWords(pending.length, toDecide.length - pending.length)} />
      {approvals.isPending && <Loading lines={6} label="Loading requests" />}
      {approvals.error && (
        <div className={styles.error}>
          <ErrorNote error={approvals.error} retry={() => void approvals.refetch()} />
        </div>
      )}
      {approvals.data && (
        <div className={cx(styles.layout, all.length === 0 && styles.bare)}>
          <div className={styles.pending}>
            {pending.length > 0 && (
              <RequestList title="Waiting for you" requests={pending} selected={selected?.id ?? null} onOpen={open} />
            )}
            <RequestList
              title="Given up by the agent"
              requests={retries}
              selected={selected?.id ?? null}
              onOpen={open}
            />
            <RequestList
              title="Decided as a whole"
              requests={sequences}
              selected={selected?.id ?? null}
              onOpen={open}
            />
          </div>
          <div className={styles.detail}>
            {selected ? (
              <RequestDetail key={selected.id} request={selected} onDecided={afterDecision} />
            ) : (
              <NothingWaits />
            )}
          </div>
          <div className={styles.decided}>
            <RequestList title="Recently decided" requests={decided} selected={selected?.id ?? null} onOpen={open} />
          </div>
        </div>
      )}
    </>
  );
}

function waitingWords(pending: number, givenUp: number): string {
  const waiting = pending > 0 ? `${plural(pending, 'statement')} waiting` : 'nothing waits';
  return givenUp > 0 ? `${waiting}, ${givenUp} given up` : waiting;
}
