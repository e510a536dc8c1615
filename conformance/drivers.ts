import type { Outcome } from './outcome.ts';
import type { Place } from './suites.ts';
/** placeholder */
export async function runDrivers(_place: Place): Promise<Outcome> {
  throw new Error('later');
}
