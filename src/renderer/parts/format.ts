const clockFormat = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const dayFormat = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const numberFormat = new Intl.NumberFormat();
const relativeFormat = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' });

/** Time of day of an instant (milliseconds since the epoch): `20:14:05`. */
export function clock(at: number): string {
  return clockFormat.format(at);
}

/** Day and time of an instant. */
export function dateTime(at: number): string {
  return `${dayFormat.format(at)}, ${clockFormat.format(at)}`;
}

/** How long ago something was, as a person says it: `3 min. ago`. What seems to come was just now: `now` may be some seconds old. */
export function ago(at: number, now: number): string {
  const seconds = Math.round(Math.min(0, at - now) / 1000);
  const size = Math.abs(seconds);
  if (size < 5) return 'now';
  if (size < 60) return relativeFormat.format(seconds, 'second');
  if (size < 3600) return relativeFormat.format(Math.round(seconds / 60), 'minute');
  if (size < 86_400) return relativeFormat.format(Math.round(seconds / 3600), 'hour');
  return relativeFormat.format(Math.round(seconds / 86_400), 'day');
}

/** A length of time in milliseconds: `0.4 ms`, `12 ms`, `1.24 s`, `4 min 12 s`, `5 min`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return withRest(`${minutes} min`, Math.floor((ms % 60_000) / 1000), 's');
  return withRest(`${Math.floor(minutes / 60)} h`, minutes % 60, 'min');
}

function withRest(whole: string, rest: number, unit: string): string {
  return rest === 0 ? whole : `${whole} ${rest} ${unit}`;
}

/** Time as a player or a countdown shows it: `4:32`, `1:04:32`; part seconds are dropped. */
export function timecode(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const rest = `${String(seconds % 60).padStart(2, '0')}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}

/** The part of a session id that tells it from others: all of them begin with the day and time. `20260302T090000-1f2e3d4c` gives `1f2e3d4c`. */
export function sessionMark(sessionId: string): string {
  return sessionId.slice(sessionId.lastIndexOf('-') + 1);
}

/** A number with the reader's separators. */
export function count(value: number): string {
  return numberFormat.format(value);
}

/** A size: `812 B`, `64 kB`, `1.2 GB`; powers of 1024, as PostgreSQL's pg_size_pretty. */
export function bytes(value: number): string {
  let [size, unit] = [value, 'B'];
  for (const larger of ['kB', 'MB', 'GB', 'TB']) {
    if (size < 1000) break;
    [size, unit] = [size / 1024, larger];
  }
  return `${numberFormat.format(size < 10 && unit !== 'B' ? Math.round(size * 10) / 10 : Math.round(size))} ${unit}`;
}

/** `1 row`, `2 rows`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
