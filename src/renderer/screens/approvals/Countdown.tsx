import { cx } from '../../parts/cx.ts';
import { timecode } from '../../parts/format.ts';
import { useNow } from '../../parts/use-now.ts';
import styles from './Countdown.module.css';

interface CountdownProps {
  readonly createdAt: number;
  readonly deadlineAt: number;
  /** Edge of the ring in pixels. */
  readonly size: number;
}

/** What is left until the deadline, as a ring and as minutes and seconds. It only shows; the gate ends the request. */
export function Countdown({ createdAt, deadlineAt, size }: CountdownProps) {
  const now = useNow(250);
  const left = Math.max(0, deadlineAt - now);
  const share = deadlineAt > createdAt ? left / (deadlineAt - createdAt) : 0;
  const radius = size / 2 - 1.5;
  const around = 2 * Math.PI * radius;
  return (
    <span
      className={cx(styles.countdown, left < 30_000 && styles.soon)}
      role="timer"
      aria-label={`${timecode(left)} left to decide`}
    >
      <svg width={size} height={size} aria-hidden="true">
        <circle className={styles.track} cx={size / 2} cy={size / 2} r={radius} />
        <circle
          className={styles.left}
          cx={size / 2}
          cy={size / 2}
          r={radius}
          strokeDasharray={around}
          strokeDashoffset={around * (1 - Math.min(1, share))}
          transform={`rotate(-90 ${size / 2} ${size / 2})`}
        />
      </svg>
      <span className={styles.time}>{timecode(left)}</span>
    </span>
  );
}
