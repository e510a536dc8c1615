/** The digits of a text as numbers, everything else left out. */
export const digitsOf = (text: string): number[] =>
  [...text].flatMap((character) => (character >= '0' && character <= '9' ? [Number(character)] : []));

/** ISO/IEC 7812-1 annex B: the check digit of payment cards, and of Swedish personal numbers. */
export function passesLuhn(digits: readonly number[]): boolean {
  let sum = 0;
  for (const [index, digit] of [...digits].reverse().entries()) {
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** The sum of digits times their weights. */
export const weighted = (digits: readonly number[], weights: readonly number[]): number =>
  weights.reduce((sum, weight, index) => sum + weight * (digits[index] ?? 0), 0);

/** A number of any length modulo a small one. */
export function modulo(digits: string, divisor: number): number {
  let rest = 0;
  for (const digit of digits) rest = (rest * 10 + Number(digit)) % divisor;
  return rest;
}

/** True for a month and day that the calendar has; February has 29 days here, for the year is often not known. */
export function isMonthDay(month: number, day: number): boolean {
  const days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return days !== undefined && day >= 1 && day <= days;
}
