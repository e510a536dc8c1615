/** A test of column names that remembers its answers: the same few columns come again with every row. */
export function remembered(test: (column: string) => boolean): (column: string) => boolean {
  const answers = new Map<string, boolean>();
  return (column) => {
    const known = answers.get(column);
    if (known !== undefined) return known;
    if (answers.size >= kept) answers.clear();
    const answer = test(column);
    answers.set(column, answer);
    return answer;
  };
}

const kept = 256;
