import { beforeAll, describe, expect, test } from 'vitest';
import { copyOutOf } from '../../../../src/gateway/masking/copy-out/copy-out.ts';
import type { ParsedStatement } from '../../../../src/gateway/sql/effects.ts';
import { createParser, type Parser } from '../../../../src/gateway/sql/parser.ts';

let parser: Parser;
beforeAll(async () => {
  parser = await createParser();
});

function statementOf(text: string): ParsedStatement {
  const understanding = parser.understand(text, null);
  const [only] = understanding.status === 'understood' ? understanding.statements : [];
  if (only === undefined) throw new Error(`not understood: ${text}`);
  return only;
}

const formatOf = (options: string): unknown => {
  const copy = copyOutOf(statementOf(`COPY t TO STDOUT ${options}`));
  return copy === null || 'reason' in copy ? copy?.reason : copy.format;
};

const [tab, comma, quote] = [9, 0x2c, 0x22];
const text = { kind: 'text', delimiter: tab, header: false };
const csv = {
  kind: 'csv',
  delimiter: comma,
  header: false,
  quote,
  escapedBy: quote,
  nullString: Buffer.from(''),
  forceQuote: [],
};

describe('options of a COPY TO STDOUT', () => {
  test.each([
    ['', text],
    ["(DELIMITER '|', HEADER, ENCODING 'utf-8')", { ...text, delimiter: 0x7c, header: true }],
    ["DELIMITERS ';' NULL '\\N'", { ...text, delimiter: 0x3b }],
    ['(FORMAT csv)', csv],
    ['WITH CSV HEADER', { ...csv, header: true }],
    ['(FORMAT csv, HEADER false)', csv],
    ['(FORMAT csv, HEADER 1)', { ...csv, header: true }],
    ['(FORMAT csv, HEADER 0)', csv],
    ["CSV QUOTE '''' FORCE QUOTE a, \"B\"", { ...csv, quote: 0x27, escapedBy: 0x27, forceQuote: ['a', 'B'] }],
    ["(FORMAT csv, ESCAPE '\\', FORCE_QUOTE *)", { ...csv, escapedBy: 0x5c, forceQuote: 'all' }],
    ["(FORMAT csv, NULL '')", csv],
    ["(FORMAT csv, NULL 'nix')", { ...csv, nullString: Buffer.from('nix') }],
    ['BINARY', { kind: 'binary' }],
    ['(FORMAT binary)', { kind: 'binary' }],
  ])('%s', (options, format) => {
    expect(formatOf(options)).toEqual(format);
  });

  test.each([
    ["(ENCODING 'LATIN1')", 'its ENCODING is not UTF8'],
    ["(NULL '')", 'in format text a value may be written like its NULL, and would then not be masked'],
    ["NULL 'alice@example.com'", 'in format text a value may be written like its NULL, and would then not be masked'],
    ["(DELIMITER 'N')", 'its DELIMITER is not a single ASCII character that can be told apart'],
    ["(DELIMITER 'x')", 'its DELIMITER is not a single ASCII character that can be told apart'],
    ["(DELIMITER 'ü')", 'its DELIMITER is not a single ASCII character that can be told apart'],
    ["(FORMAT csv, QUOTE ',')", 'its QUOTE is not a single ASCII character that can be told apart'],
    ["(FORMAT csv, ESCAPE E'\\n')", 'its ESCAPE is not a single ASCII character that can be told apart'],
    ["(FORMAT csv, NULL 'a,b')", 'its NULL is no text that stands apart from the rest of a row'],
    ['(FORMAT csv, FORMAT text)', 'its option FORMAT stands there twice'],
    ['(HEADER match)', 'its HEADER is neither on nor off'],
    ['(FREEZE)', 'of its option FREEZE'],
    ['(FORMAT xml)', 'its FORMAT is none of text, csv and binary'],
  ])('%s is refused', (options, reason) => {
    expect(formatOf(options)).toBe(reason);
  });
});

describe('the query that is described in the place of a copy', () => {
  const lookOf = (copy: string): unknown => {
    const out = copyOutOf(statementOf(copy));
    return out === null || 'reason' in out ? out : [out.look, out.wholeTable];
  };

  test.each([
    ['COPY t TO STDOUT', 'SELECT * FROM ONLY "t"', true],
    ['COPY BINARY s."T""t" TO STDOUT', 'SELECT * FROM ONLY "s"."T""t"', true],
    ['COPY t (b, "A") TO STDOUT', 'SELECT "b", "A" FROM ONLY "t"', false],
    ['COPY (SELECT a, (b) FROM t) TO STDOUT (FORMAT csv)', 'SELECT a, (b) FROM t', false],
    ["COPY /* ( */ (SELECT ') TO STDOUT' FROM t) /* ) */ TO STDOUT", "SELECT ') TO STDOUT' FROM t", false],
    ['copy(values (1), (2)) -- )\n to stdout', 'values (1), (2)', false],
    [
      'COPY (WITH x AS (SELECT 1 AS ü) SELECT ARRAY[ü, 2], ü IN (1, 2) FROM x) TO STDOUT',
      'WITH x AS (SELECT 1 AS ü) SELECT ARRAY[ü, 2], ü IN (1, 2) FROM x',
      false,
    ],
    ['COPY (DELETE FROM t RETURNING a) TO STDOUT', 'DELETE FROM t RETURNING a', false],
  ])('%s', (copy, look, wholeTable) => {
    expect(lookOf(copy)).toEqual([look, wholeTable]);
  });

  test('what is no COPY TO has none, and what the server writes itself has a reason', () => {
    expect(lookOf('COPY t FROM STDIN')).toBeNull();
    expect(lookOf('SELECT 1')).toBeNull();
    expect(lookOf("COPY t TO '/tmp/x'")).toMatchObject({ reason: 'it would be written by the server, past Postern' });
    expect(lookOf("COPY t TO PROGRAM 'cat'")).toMatchObject({
      reason: 'it would be written by the server, past Postern',
    });
  });
});
