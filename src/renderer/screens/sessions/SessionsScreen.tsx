import { useDeferredValue, useRef, useState } from 'react';
import { useCommand } from '../../app/commands.ts';
import { navigate } from '../../app/routes.ts';
import { useCall } from '../../data/query.ts';
import { cx } from '../../parts/cx.ts';
import { plural } from '../../parts/format.ts';
import { Empty, ErrorNote, Loading } from '../../parts/Notes.tsx';
import { ScreenHead } from '../../parts/ScreenHead.tsx';
import { SearchIcon, TerminalIcon } from '../../theme/icons.tsx';
import { SessionDetail } from './SessionDetail.tsx';
import { SessionList } from './SessionList.tsx';
import styles from './SessionsScreen.module.css';
import { SessionTabs } from './SessionTabs.tsx';

/** Every connection an agent made through the gate, live and past, and what was said in it. */
export function SessionsScreen({ id }: { readonly id: string | null }) {
  const [text, setText] = useState('');
  const asked = useDeferredValue(text.trim());
  const input = useRef<HTMLInputElement>(null);
  const sessions = useCall('sessions.list', asked === '' ? {} : { text: asked.slice(0, 500) }, { keepPrevious: true });
  const list = sessions.data ?? [];
  const live = list.filter((session) => session.live).length;

  const move = (by: number) => {
    const at = list.findIndex((session) => session.id === id);
    const next = list[Math.max(0, Math.min(list.length - 1, at + by))];
    if (next) navigate({ screen: 'sessions', id: next.id }, true);
  };
  useCommand('list.next', () => move(1), list.length > 0);
  useCommand('list.previous', () => move(-1), list.length > 0);
  useCommand('list.filter', () => input.current?.focus());

  return (
    <>
      <ScreenHead title="Sessions" detail={sessions.data && `${live} live, ${plural(list.length, 'session')} shown`}>
        <SessionTabs current="sessions" />
      </ScreenHead>
      <div className={cx(styles.layout, id !== null && styles.open)}>
        <div className={styles.side}>
          <div className={styles.filter}>
            <SearchIcon size={14} />
            <input
              ref={input}
              type="search"
              aria-label="Filter sessions"
              placeholder="Filter by agent, connection, text…"
              maxLength={500}
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </div>
          {sessions.isPending && <Loading lines={8} label="Loading sessions" />}
          {sessions.error && <ErrorNote error={sessions.error} retry={() => void sessions.refetch()} />}
          {sessions.data && list.length === 0 && (
            <Empty icon={<TerminalIcon size={22} />} title={asked === '' ? 'No sessions yet' : 'No session matches'}>
              <p>
                {asked === ''
                  ? 'A session begins when an agent connects to the gate. It stays here after its end.'
                  : 'Try fewer words.'}
              </p>
            </Empty>
          )}
          {list.length > 0 && <SessionList sessions={list} selected={id} />}
        </div>
        <div className={styles.detail}>
          {id === null ? (
            <Empty icon={<TerminalIcon size={22} />} title="Choose a session">
              <p>Its statements, their verdicts and what became of them are shown here.</p>
            </Empty>
          ) : (
            <SessionDetail key={id} sessionId={id} />
          )}
        </div>
      </div>
    </>
  );
}
