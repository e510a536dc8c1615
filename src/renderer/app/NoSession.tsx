import { GateIcon } from '../theme/icons.tsx';
import styles from './NoSession.module.css';

/** The console has no session: how to get one. Nothing of the gate is shown. */
export function NoSession() {
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <span className={styles.mark}>
          <GateIcon size={28} />
        </span>
        <h1>Sign in to this console</h1>
        <p>
          This browser has no session with Postern, or its session has ended. A sign-in link works once and only for a
          short time, so that no other program can use it after you.
        </p>
        <ol>
          <li>
            Go to the terminal where <code>postern serve</code> runs.
          </li>
          <li>
            Press <kbd>Enter</kbd>. It prints a fresh sign-in link.
          </li>
          <li>Open that link in this browser.</li>
        </ol>
        <p className={styles.kept}>
          The gate keeps working meanwhile. Statements that wait for you are denied at their deadline.
        </p>
      </div>
    </main>
  );
}
