/** `2026-03-02 09:00:00.123 UTC`. */
export function utc(time: number): string {
  return `${new Date(time).toISOString().replace('T', ' ').slice(0, 23)} UTC`;
}

/** The same moment on the clock of a time zone: `2026-03-02 10:00:00 Europe/Berlin`. */
function local(time: number, timeZone: string): string {
  // Swedish writes dates as ISO 8601 does.
  return `${new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(time)} ${timeZone}`;
}

/** A moment in UTC with a remark, and below it the clock of the time zone, unless that is UTC too. */
export function moment(time: number, timeZone: string, remark = ''): string {
  return timeZone === 'UTC' ? `${utc(time)}${remark}` : `${utc(time)}${remark}\n${local(time, timeZone)}`;
}

/** The time of day only, UTC, for tables: `09:00:00.123`. */
export function timeOfDay(time: number): string {
  return new Date(time).toISOString().slice(11, 23);
}
