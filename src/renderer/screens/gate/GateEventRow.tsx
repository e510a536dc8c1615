import type { GateEvent } from '../../../contract/index.ts';
import { routeHash } from '../../app/routes.ts';
import { Chip } from '../../parts/Chips.tsx';
import { dateTime, sessionMark } from '../../parts/format.ts';
import { Visible } from '../../parts/Visible.tsx';
import { WarningIcon } from '../../theme/icons.tsx';
import styles from './GateScreen.module.css';
import { kindTitles, toneOf } from './kinds.ts';

/** One event. What clients claim is in it: it is shown as text, with what is invisible made visible. */
export function GateEventRow({ event }: { readonly event: GateEvent }) {
  const { at, kind, alarm, title, text, who, sessionId } = event;
  return (
    <li className={styles.row}>
      <time className={styles.when} dateTime={new Date(at).toISOString()}>
        {dateTime(at)}
      </time>
      <span className={styles.kind}>
        <Chip tone={toneOf(event)} {...(alarm && { icon: WarningIcon })} label={kindTitles[kind]} />
      </span>
      <div className={styles.what}>
        <p className={styles.title}>
          <Visible text={title} />
          {sessionId !== null && (
            <>
              {' '}
              <a href={routeHash({ screen: 'sessions', id: sessionId })}>session {sessionMark(sessionId)}</a>
            </>
          )}
        </p>
        {text !== '' && (
          <p className={styles.text}>
            <Visible text={text} />
          </p>
        )}
        {who !== null && (
          <p className={styles.who}>
            <Visible text={who} />
          </p>
        )}
      </div>
    </li>
  );
}
