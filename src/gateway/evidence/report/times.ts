/** `2026-03-02 09:00:00.123 UTC`. */
export function utc(time: number): string {
  return `${new Date(time).toISOString().replace('T', ' ').slice(0, 23)} UTC`;
}

/** The same moment on the clock of a time zone: `2026-03-02 10:00:00 Europe/Berlin`. */
export function local(time: number, timeZone: string): string {
  // Swedish writes dates as ISO 8601 does.
  return `${new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(time)} ${timeZone}`;
}

/** The time of day only, UTC, for tables: `09:00:00.123`. */
export function timeOfDay(time: number): string {
  return new Date(time).toISOString().slice(11, 23);
}
