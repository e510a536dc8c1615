/** A float8 as PostgreSQL writes it: the fewest digits that give it back, with an exponent outside 1e-4 … 1e15. */
export function doubleText(value: number): string {
  return floatText(value, value.toExponential(), 15);
}

/** A float4 likewise; `value` is exactly a single-precision number. The exponent begins at 1e6. */
export function singleText(value: number): string {
  for (let digits = 0; digits < 8; digits += 1) {
    const short = value.toExponential(digits);
    if (Math.fround(Number(short)) === value) return floatText(value, short, 6);
  }
  return floatText(value, value.toExponential(8), 6);
}

function floatText(value: number, exponential: string, firstExponent: number): string {
  if (Object.is(value, -0)) return '-0';
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const [mantissa, exponent] = exponential.split('e');
  const power = Number(exponent);
  if (power >= -4 && power < firstExponent) return String(Number(exponential));
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
