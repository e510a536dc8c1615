import { describe, expect, test } from 'vitest';
import type { CopyFormat } from '../../../../src/gateway/masking/copy-out/copy-format.ts';
import { MaskedCopy } from '../../../../src/gateway/masking/copy-out/masked-copy.ts';
import type { CellMask } from '../../../../src/gateway/masking/maskers/index.ts';
import { createMaskPlan } from '../../../../src/gateway/masking/plan.ts';
import { limit } from '../../../../src/gateway/wire/constants.ts';
import fc, { type Arbitrary } from '../../../support/property.ts';
import { field } from '../support.ts';

// What the server would write for random values, cut into messages at random places, masked, and compared with what the
// server would write for the masked values. The writers here follow copyto.c independently of the code under test.

type Value = string | null;
type Row = readonly Value[];

const [quote, comma, tab, backslash] = [0x22, 0x2c, 0x09, 0x5c];
const csv: Extract<CopyFormat, { kind: 'csv' }> = {
  kind: 'csv',
  delimiter: comma,
  header: false,
  quote,
  escapedBy: quote,
  nullString: Buffer.from(''),
  forceQuote: [],
};

/** CopyAttributeOutText and CopyAttributeOutCSV, and the rows of the binary format. */
function written(format: CopyFormat, rows: readonly Row[], names: readonly string[]): Buffer[] {
  if (format.kind === 'binary') return binary(rows);
  const cell = format.kind === 'text' ? textCell(format) : csvCell(format, names);
  const delimiter = String.fromCharCode(format.delimiter);
  const lines = [...(format.header ? [names] : []), ...rows];
  return lines.map((line) => Buffer.from(`${line.map((value, at) => cell(value, at)).join(delimiter)}\n`));
}

function textCell({ delimiter }: { delimiter: number }) {
  const escapes: Record<string, string> = { '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't', '\v': 'v' };
  return (value: Value): string =>
    value === null
      ? '\\N'
      : Array.from(value, (character) => {
          const letter = escapes[character];
          if (letter !== undefined) return `\\${letter}`;
          return character === '\\' || character.charCodeAt(0) === delimiter ? `\\${character}` : character;
        }).join('');
}

function csvCell(format: typeof csv, names: readonly string[]) {
  const [delimiter, quoted, escaped] = [format.delimiter, format.quote, format.escapedBy].map((byte) =>
    String.fromCharCode(byte),
  );
  const nothing = format.nullString.toString();
  return (value: Value, at: number): string => {
    if (value === null) return nothing;
    const forced = format.forceQuote === 'all' || format.forceQuote.includes(names[at] ?? '');
    const special = [delimiter, quoted, '\n', '\r'].some((part) => value.includes(part ?? ''));
    if (!forced && !special && value !== nothing && !(names.length === 1 && value === '\\.')) return value;
    const inner = Array.from(value, (character) =>
      character === quoted || character === escaped ? `${escaped}${character}` : character,
    );
    return `${quoted}${inner.join('')}${quoted}`;
  };
}

function binary(rows: readonly Row[]): Buffer[] {
  const head = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
  const tuples = rows.map((row) => {
    const count = Buffer.alloc(2);
    count.writeInt16BE(row.length);
    const fields = row.map((value) => {
      const bytes = Buffer.from(value ?? '');
      const length = Buffer.alloc(4);
      length.writeInt32BE(value === null ? -1 : bytes.length);
      return Buffer.concat([length, bytes]);
    });
    return Buffer.concat([count, ...fields]);
  });
  const [first, ...others] = tuples;
  const trailer = Buffer.from([0xff, 0xff]);
  return first === undefined ? [Buffer.concat([head, trailer])] : [Buffer.concat([head, first]), ...others, trailer];
}

const message = (data: Buffer): Buffer => {
  const frame = Buffer.concat([Buffer.from('d'), Buffer.alloc(4), data]);
  frame.writeUInt32BE(frame.length - 1, 1);
  return frame;
};

/** The same bytes in messages cut elsewhere. */
function cut(data: Buffer, sizes: readonly number[]): Buffer[] {
  const frames: Buffer[] = [];
  let at = 0;
  for (let index = 0; at < data.length; index += 1) {
    const size = sizes[index % sizes.length] ?? data.length;
    frames.push(message(data.subarray(at, at + size)));
    at += size;
  }
  return frames;
}

const mask = (value: string): string => `${value.length};"\\,\t'\n|${value.slice(0, 1)}`;
const masker: CellMask = { mask: (value) => Buffer.from(mask(value.toString())) };

interface Masked {
  readonly frames: Buffer[];
  readonly rows: number;
}

/** Masks columns whose name begins with m by `masker`, those with n become NULL, those with c a constant. */
function masked(format: CopyFormat, names: readonly string[], frames: readonly Buffer[]): Masked {
  const cells = names.map((name): CellMask | null => {
    if (name.startsWith('m')) return masker;
    if (name.startsWith('n')) return { constant: null };
    return name.startsWith('c') ? { constant: Buffer.from('***') } : null;
  });
  const heard: Buffer[] = [];
  let rows = 0;
  const copy = new MaskedCopy({
    format,
    fields: names.map((name) => field({ name })),
    sent: names.map((_, at) => at),
    plan: createMaskPlan(cells, []),
    emit: (frame) => heard.push(Buffer.from(frame)),
    row: () => {
      rows += 1;
    },
  });
  for (const frame of frames) {
    const sent = Buffer.from(frame);
    copy.push(sent);
    sent.fill(0x58); // the memory of the socket is used again
  }
  copy.end();
  return { frames: heard, rows };
}

const shown = (row: Row, names: readonly string[]): Row =>
  row.map((value, at) => {
    const name = names[at] ?? '';
    if (value === null || name.startsWith('n')) return null;
    if (name.startsWith('c')) return '***';
    return name.startsWith('m') ? mask(value) : value;
  });

const alphabet = [
  'a',
  '0',
  '\\',
  '"',
  "'",
  ',',
  '\t',
  '\n',
  '\r',
  '\b',
  '\v',
  ';',
  '|',
  '.',
  'N',
  'x',
  ' ',
  'ü',
  '😀',
  '*',
];
const value = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom<Value>(null, '', '\\N', '\\.', 'nix', '***', 'NULL') },
  { weight: 3, arbitrary: fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 8 }) },
);
const table = fc.integer({ min: 1, max: 4 }).chain((columns) =>
  fc.record({
    names: fc.array(fc.constantFrom('m', 'n', 'c', 'a'), { minLength: columns, maxLength: columns }),
    rows: fc.array(fc.array(value, { minLength: columns, maxLength: columns }), { maxLength: 6 }),
  }),
);
const formats: Arbitrary<CopyFormat> = fc.oneof(
  fc.constant<CopyFormat>({ kind: 'binary' }),
  fc.record({
    kind: fc.constant('text' as const),
    delimiter: fc.constantFrom(tab, 0x7c, comma, 0x08, 0x01, 0x41),
    header: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('csv' as const),
    delimiter: fc.constantFrom(comma, tab, 0x3b, 0x7c),
    header: fc.boolean(),
    quote: fc.constantFrom(quote, 0x27),
    escapedBy: fc.constantFrom(quote, 0x27, backslash, comma, 0x61),
    nullString: fc.constantFrom('', 'nix', '\\N', '***').map((text) => Buffer.from(text)),
    forceQuote: fc.constantFrom<'all' | string[]>('all', [], ['m1', 'a0']),
  }),
);

describe('rows of a copy', () => {
  test('cut over messages anywhere, they leave as the server would write the masked values, one in a message', {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(
        formats,
        table,
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        (format, { names: kinds, rows }, sizes) => {
          const names = kinds.map((kind, at) => `${kind}${at}`);
          const expected = written(
            format,
            rows.map((row) => shown(row, names)),
            names,
          );
          const sent = written(format, rows, names);
          const whole = masked(format, names, sent.map(message));
          expect(whole.frames.map((frame) => frame.subarray(5).toString('latin1'))).toEqual(
            (rows.length === 0 && format.kind === 'binary' ? [expected[0]] : expected).map((data) =>
              data?.toString('latin1'),
            ),
          );
          expect(whole.rows).toBe(rows.length);
          const pieces = masked(format, names, cut(Buffer.concat(sent), sizes));
          expect(pieces).toEqual(whole);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('a row without anything to mask leaves as the very message that came', () => {
    const frames = [message(Buffer.from('\\N\tx\\\\y\n')), message(Buffer.from('\\N\t\n'))];
    const heard: Buffer[] = [];
    const copy = new MaskedCopy({
      format: { kind: 'text', delimiter: tab, header: false },
      fields: [field({ name: 'm' }), field({ name: 'a' })],
      sent: [0, 1],
      plan: createMaskPlan([masker, null], []),
      emit: (frame) => heard.push(frame),
      row: () => undefined,
    });
    for (const frame of frames) copy.push(frame);
    copy.end();
    expect(heard.every((frame, at) => frame === frames[at])).toBe(true);
  });

  test('numbered escapes, which the server does not write, are read as COPY FROM reads them', () => {
    const heard = masked(
      { kind: 'text', delimiter: tab, header: false },
      ['m'],
      [message(Buffer.from('\\x41\\102\\x4g\\8\\q\n'))],
    );
    const expected = textCell({ delimiter: tab })(mask('AB\x04g8q'));
    expect(heard.frames.map((frame) => frame.toString('utf8', 5))).toEqual([`${expected}\n`]);
  });

  test('columns that the copy does not send count as NULL', () => {
    const rows: Buffer[] = [];
    const heard: Buffer[] = [];
    const copy = new MaskedCopy({
      format: { kind: 'binary' },
      fields: ['a', 'generated', 'm'].map((name) => field({ name })),
      sent: [0, 2],
      plan: createMaskPlan([null, masker, masker], []),
      emit: (frame) => heard.push(frame),
      row: (row) => rows.push(Buffer.from(row)),
    });
    for (const frame of binary([['1', 'secret']]).map(message)) copy.push(frame);
    expect(Buffer.concat(heard.map((frame) => frame.subarray(5)))).toEqual(
      Buffer.concat(binary([['1', mask('secret')]])),
    );
    expect(rows.map((row) => row.readUInt16BE(5))).toEqual([3]);
  });
});

describe('what the server cannot have written', () => {
  const text = { kind: 'text', delimiter: tab, header: false } as const;
  const header = 'PGCOPY\n\xff\r\n\0';
  test.each<[string, CopyFormat, string]>([
    ['a row of too few columns', text, 'a\n'],
    ['a row of too many columns', text, 'a\tb\tc\n'],
    ['an end within a row', text, 'a\tb'],
    ['a row behind the end marker', text, '\\.\na\tb\n'],
    ['csv: a quote within a cell', csv, 'a"b,c\n'],
    ['csv: something behind a quoted cell', csv, '"a"b,c\n'],
    ['csv: an escape of nothing', { ...csv, escapedBy: backslash }, '"a\\b",c\n'],
    ['csv: an end within quotes', csv, '"a,b\n'],
    ['binary: another signature', { kind: 'binary' }, 'PGCOPX\n\xff\r\n\0'.padEnd(19, '\0')],
    ['binary: flags', { kind: 'binary' }, `${header}\0\x01\0\0\0\0\0\0`],
    ['binary: a negative length', { kind: 'binary' }, `${header}${'\0'.repeat(8)}\0\x02\xff\xff\xff\xfe`],
    ['binary: a negative number of fields', { kind: 'binary' }, `${header}${'\0'.repeat(8)}\xff\xfe`],
    ['binary: a tuple behind the trailer', { kind: 'binary' }, `${header}${'\0'.repeat(8)}\xff\xff\0\x02`],
  ])('%s ends the copy', (_what, format, data) => {
    expect(() => masked(format, ['m0', 'a1'], [message(Buffer.from(data, 'latin1'))])).toThrowError(
      expect.objectContaining({ code: 'copy_shape' }),
    );
  });

  test('a row that does not end is not kept beyond the limit', { timeout: 30_000 }, () => {
    const [head = Buffer.alloc(0)] = binary([]);
    const tuple = Buffer.concat([head.subarray(0, -2), Buffer.from([0, 1, 0x7f, 0, 0, 0])]);
    const part = message(Buffer.alloc(limit.maskedRow / 2));
    expect(() => masked({ kind: 'binary' }, ['m0'], [message(tuple), part, part])).toThrowError(
      expect.objectContaining({ sqlstate: '54000' }),
    );
  });
});
