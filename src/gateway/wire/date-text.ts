const daysFrom1970To2000 = 10_957;
const microsecondsPerDay = 86_400_000_000n;

/** A binary date (days since 2000-01-01) as PostgreSQL writes it with DateStyle ISO. */
export function dateText(days: number): string {
  if (days === 2_147_483_647) return 'infinity';
  if (days === -2_147_483_648) return '-infinity';
  const { date, era } = civil(days);
  return `${date}${era}`;
}

/** A binary timestamp (microseconds since 2000-01-01) as PostgreSQL writes it with DateStyle ISO, in UTC. */
export function timestampText(microseconds: bigint, zoned: boolean): string {
  if (microseconds === 9_223_372_036_854_775_807n) return 'infinity';
  if (microseconds === -9_223_372_036_854_775_808n) return '-infinity';
  const ofDay = ((microseconds % microsecondsPerDay) + microsecondsPerDay) % microsecondsPerDay;
  const { date, era } = civil(Number((microseconds - ofDay) / microsecondsPerDay));
  const seconds = Number(ofDay / 1_000_000n);
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(twoDigits).join(':');
  const fraction = (ofDay % 1_000_000n).toString().padStart(6, '0').replace(/0+$/, '');
  return `${date} ${time}${fraction === '' ? '' : `.${fraction}`}${zoned ? '+00' : ''}${era}`;
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** The proleptic Gregorian date of a day; a Date object ends at year 275,760, PostgreSQL goes on. Eras of 400 years from 1 March of year 0. */
function civil(days: number): { date: string; era: '' | ' BC' } {
  const daysPerEra = 146_097;
  const shifted = days + daysFrom1970To2000 + 719_468;
  const era = Math.floor(shifted / daysPerEra);
  const dayOfEra = shifted - era * daysPerEra;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const shownYear = String(year > 0 ? year : 1 - year).padStart(4, '0');
  return { date: `${shownYear}-${twoDigits(month)}-${twoDigits(day)}`, era: year > 0 ? '' : ' BC' };
}
