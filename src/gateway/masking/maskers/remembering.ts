/** How many results a masker keeps. Years, months and buckets are far fewer; hours of many years may be more. */
const kept = 4096;

/** The cells made for numbers, each made once: the results of truncating and bucketing are few by their nature. */
export function remembering<Cell extends Buffer | null>(make: (number: number) => Cell): (number: number) => Cell {
  const cells = new Map<number, Cell>();
  return (number) => {
    const known = cells.get(number);
    if (known !== undefined) return known;
    const made = make(number);
    if (cells.size < kept) cells.set(number, made);
    return made;
  };
}
