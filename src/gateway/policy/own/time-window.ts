import type { TimeWindow } from '../../../contract/index.ts';

const names = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
type Day = (typeof names)[number];

/** Whether a moment (milliseconds since the epoch) lies in the window. A window over midnight belongs to the day it begins on. */
export function inWindow(window: TimeWindow, at: number): boolean {
  const { day, minutes } = wallClock(at, window.timeZone);
  const from = minutesOf(window.from);
  const until = minutesOf(window.until);
  const fits = (candidate: Day): boolean => window.days === undefined || window.days.includes(candidate);
  if (from < until) return fits(day) && minutes >= from && minutes < until;
  // Over midnight, or the whole day where both are equal.
  return (fits(day) && minutes >= from) || (fits(before(day)) && minutes < until);
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

const before = (day: Day): Day => names[(names.indexOf(day) + 6) % 7] ?? day;

/** Formatters cost a millisecond to make and microseconds to use. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function wallClock(at: number, timeZone: string | undefined): { day: Day; minutes: number } {
  const key = timeZone ?? '';
  const formatter =
    formatters.get(key) ??
    new Intl.DateTimeFormat('en-US', {
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZone,
    });
  formatters.set(key, formatter);
  const parts = new Map(formatter.formatToParts(at).map(({ type, value }) => [type, value]));
  const day = (parts.get('weekday') ?? '').toLowerCase();
  return {
    day: names.find((name) => name === day) ?? 'sun',
    minutes: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  };
}
