import { counted } from '../words.ts';
import type { ReportInput } from './input.ts';
import { codeBlock, facts, heading, subheading, table } from './parts.ts';
import type { Sheet } from './sheet.ts';

/** Verification data, and how anybody can repeat the verification without Postern. */
export function printAppendix(sheet: Sheet, input: ReportInput): void {
  const { verification: found, detail, journalSha256 } = input;
  heading(sheet, 'Appendix: verification');
  facts(sheet, [
    ['Result', found.ok ? 'no fault found' : `${counted(found.findings.length, 'fault')} found`],
    [
      'Closed and signed',
      found.sealedToTheEnd ? 'yes, to the last record' : 'no: the end of the journal is not signed',
    ],
    ['Records', `${counted(found.records, 'record')}, ${counted(found.checkpoints, 'signed checkpoint')}`],
    ['Head hash', found.headHash, 'mono'],
    ['Key fingerprint', found.keyFingerprint ?? 'no public key was at hand', 'mono'],
    ['Journal file', `${detail.summary.id}.journal`, 'mono'],
    ['Its SHA-256', journalSha256, 'mono'],
    [
      'External anchor',
      'None: the checkpoints are signed by this installation only. Whoever holds its signing key could have rewritten the whole journal; copies of the head hash kept elsewhere rule that out.',
    ],
  ]);
  if (found.findings.length > 0) {
    subheading(sheet, 'Findings');
    table(
      sheet,
      [
        { head: 'Line', share: 0.7 },
        { head: 'Code', share: 2, font: 'mono' },
        { head: 'What was found', share: 6 },
      ],
      found.findings.map(({ record, code, message }) => [record === null ? '\u2013' : String(record), code, message]),
    );
  }
  subheading(sheet, 'How to verify it yourself');
  sheet.text(
    'Compare the SHA-256 of the journal file with the one above, then check its hash chain and signatures, with Postern or with the stand-alone script that comes with it (Python 3, nothing else needed):',
  );
  codeBlock(
    sheet,
    `sha256sum ${detail.summary.id}.journal\npostern verify ${detail.summary.id}.journal\npython3 verify-journal.py ${detail.summary.id}.journal journal-signing-key.pub.pem`,
    'accent',
  );
  sheet.text(
    'Each line of the journal holds the SHA-256 of the line before it, so no line can be changed, removed, added or moved without breaking the chain. Checkpoints sign the chain with Ed25519; the last one closes it. The format is described in docs/journal-format.md.',
  );
}
