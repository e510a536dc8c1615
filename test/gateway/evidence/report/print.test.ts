import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Verification } from '../../../../src/contract/index.ts';
import { caseVerdict, statementCases } from '../../../../src/gateway/evidence/report/case.ts';
import { reliance } from '../../../../src/gateway/evidence/report/cover.ts';
import type { ReportInput } from '../../../../src/gateway/evidence/report/input.ts';
import { printReport } from '../../../../src/gateway/evidence/report/print.ts';
import { Sheet } from '../../../../src/gateway/evidence/report/sheet.ts';
import { sentences } from '../../../../src/gateway/evidence/report/summary.ts';
import { outcome, sessionStart, startTime, statement } from '../../journal/support.ts';
import { detailOf, recordsOf, shopSession } from '../support.ts';

const fontsFolder = join(import.meta.dirname, '../../../../resources/fonts');

const whole: Verification = {
  ok: true,
  records: 15,
  checkpoints: 1,
  sealedToTheEnd: true,
  headHash: 'ab'.repeat(32),
  keyFingerprint: 'cd'.repeat(32),
  findings: [],
};

function input(change: Partial<ReportInput> = {}): ReportInput {
  const records = change.records ?? shopSession;
  return {
    detail: detailOf(records),
    records,
    verification: whole,
    gate: null,
    journalSha256: 'ef'.repeat(32),
    generatedAt: startTime + 1_000_000,
    generatedBy: 'maria',
    generatorVersion: '0.1.0',
    fontsFolder,
    timeZone: 'Europe/Berlin',
    ...change,
  };
}

const newSheet = () => new Sheet(fontsFolder, { title: 't', author: 'a', createdAt: new Date(startTime) });

/** All streams of a PDF, unpacked. */
function unpacked(pdf: Buffer): string {
  const parts = pdf
    .toString('latin1')
    .split(/stream\r?\n/)
    .slice(1);
  return parts
    .map((part) => {
      try {
        return inflateSync(Buffer.from(part, 'latin1')).toString('latin1');
      } catch {
        return '';
      }
    })
    .join('\n');
}

describe('the story of a session', () => {
  it('is told in sentences whose numbers come from the records', () => {
    expect(sentences(statementCases(shopSession))).toEqual([
      'The agent sent 4 statements. 2 of them ran to the end: 1 changed nothing, 1 changed data, structure or rights.',
      '1 statement ran only after approval by maria.',
      '1 statement was refused by a rule and never reached the database.',
      '1 statement failed in the database.',
      'In the results of 1 statement values were masked before the agent saw them.',
    ]);
    expect(statementCases(shopSession).map(caseVerdict)).toEqual(['allowed', 'approved', 'refused', 'failed']);
  });

  it('of nothing is short', () => {
    expect(sentences([])).toEqual(['The agent sent no statement.']);
  });

  it('says in one glance whether it can be relied on', () => {
    const broken = {
      ...whole,
      ok: false,
      sealedToTheEnd: false,
      findings: [{ code: 'record_changed', record: 7, message: 'Record 7 was changed.' }],
    };
    const open = { ...whole, sealedToTheEnd: false };
    expect(
      [reliance(whole, false), reliance(open, true), reliance(open, false), reliance(broken, false)].map(
        ({ colour, title }) => [colour, title],
      ),
    ).toEqual([
      ['green', 'The recording is whole'],
      ['amber', 'The session is still open'],
      ['amber', 'The recording is unchanged, but was not closed'],
      ['red', 'The recording could not be verified'],
    ]);
  });
});

describe('the pages', { timeout: 30_000 }, () => {
  it('are the same bytes for the same input', async () => {
    const [one, other] = [await printReport(input()), await printReport(input())];
    expect(one).toEqual(other);
    expect(one.pages).toBe(5);
  });

  it('carry their embedded fonts and no other', async () => {
    const { pdf } = await printReport(input());
    const names = new Set(
      Buffer.from(pdf, 'base64')
        .toString('latin1')
        .match(/\/FontName \/[A-Z]{6}\+(\S+)/g)
        ?.map((name) => name.split('+')[1]),
    );
    expect(names).toEqual(new Set(['DejaVuSansCondensed', 'DejaVuSansCondensed-Bold', 'DejaVuSansMono']));
  });

  it('end at the page limit, with the appendix still there', async () => {
    const moments = Array.from({ length: 200 }, (_, index) => [
      [index * 10, statement(index + 1)] as const,
      [index * 10 + 5, outcome(index + 1)] as const,
    ]);
    const records = recordsOf([[0, sessionStart()], ...moments.flat()]);
    const { pages } = await printReport(input({ records, maxPages: 6 }));
    expect(pages).toBe(7);
  });

  it('take a statement of a hundred thousand characters', async () => {
    const records = recordsOf([
      [0, sessionStart()],
      [1, statement(1, { text: `SELECT '${'x'.repeat(100_000)}'` })],
      [2, outcome(1)],
    ]);
    const { pages } = await printReport(input({ records }));
    expect(pages).toBeGreaterThanOrEqual(4);
  });

  it('need their fonts', async () => {
    await expect(printReport(input({ fontsFolder: '/nonexistent' }))).rejects.toThrow(
      'The report\u2019s font'.replace('\u2019', "'"),
    );
  });

  it('draw something on every page', async () => {
    const { pdf, pages } = await printReport(input());
    expect(unpacked(Buffer.from(pdf, 'base64')).match(/^BT$/gm)?.length ?? 0).toBeGreaterThan(pages * 5);
  });
});

describe('text on paper', () => {
  it('shows what has no glyph, no width or no good intention', () => {
    const sheet = newSheet();
    expect(sheet.printable('Köln Привет 漢 \u001b[31m \u202e 🎈\t|', 'mono')).toBe(
      'Köln Привет \\u6f22 \\x1b[31m \\u202e \\u{1f388}    |',
    );
  });

  it('is wrapped at spaces, and within words that are too long', () => {
    const sheet = newSheet();
    const lines = sheet.wrap(`SELECT ${'x'.repeat(30)} FROM t\n  WHERE`, 'mono', 10, 60.3);
    expect(lines).toEqual(['SELECT', 'xxxxxxxxxx', 'xxxxxxxxxx', 'xxxxxxxxxx', 'FROM t', '  WHERE']);
  });

  it('is cut to a cell with an ellipsis', () => {
    expect(newSheet().fit('a long name', 'mono', 10, 42.2)).toBe('a long…');
  });
});
