import { createPublicKey, type KeyObject } from 'node:crypto';
import { basename } from 'node:path';
import type { Verification } from '../../contract/index.ts';
import { ChainCheck } from './chain.ts';
import { type CheckpointClaim, openCheckpoint } from './checkpoint.ts';
import { type Envelope, hashLine, journalFormat, noPrevious, parseEnvelope, valueText } from './format.ts';
import { scanLines } from './scanner.ts';
import { fingerprintOf } from './signer.ts';

type Finding = Verification['findings'][number];

/** More are counted in one last finding: a rewritten file would name every line. */
const maxFindings = 100;

const linesPerStep = 500;

/**
 * Checks a whole journal: form and hash chain of every line, every checkpoint's claim and signature, the end. `publicKeyPem` is
 * the key that the journal must be signed with; null leaves signatures unchecked, which is a finding of its own.
 * `sealedToTheEnd` is true only when the last line is a good checkpoint that says *closed*: a journal cut back to an earlier
 * checkpoint is not. A journal of a live or killed session is not sealed, and that alone is no finding.
 * `record` of a finding is the number of the line, 1 being the header. Throws JournalError `journal_missing`, `journal_unreadable`
 * and, for a key that is no Ed25519 public key, `TypeError`.
 */
export function verifyJournal(path: string, publicKeyPem: string | null): Verification {
  const steps = verifyInSteps(path, publicKeyPem);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** As `verifyJournal`, in steps of some milliseconds: a process that also runs the gate lets it work between them. */
export function verifyInSteps(path: string, publicKeyPem: string | null): Generator<void, Verification> {
  const key = publicKeyPem === null ? null : readKey(publicKeyPem);
  return new JournalVerifier(path, key).run();
}

function readKey(pem: string): KeyObject {
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('the public key is not an Ed25519 key');
  return key;
}

class JournalVerifier {
  readonly #path: string;
  readonly #key: KeyObject | null;
  readonly #name: string;
  readonly #findings: Finding[] = [];
  #unlisted = 0;
  #records = 0;
  #checkpoints = 0;
  #line = 0;
  #head = noPrevious;
  #sealed = false;

  constructor(path: string, key: KeyObject | null) {
    this.#path = path;
    this.#key = key;
    this.#name = basename(path, '.journal');
  }

  *run(): Generator<void, Verification> {
    const chain = new ChainCheck((finding) => this.#found(finding.code, finding.record, finding.message));
    if (this.#key === null) {
      this.#found(
        'key_missing',
        null,
        'There is no public key to check signatures with: this journal may be anybody\u2019s.',
      );
    }
    const lines = scanLines(this.#path);
    let next = lines.next();
    for (; !next.done; next = lines.next()) {
      this.#take(next.value, chain);
      if (this.#line % linesPerStep === 0) yield;
    }
    chain.end();
    if (this.#line === 0)
      this.#found('header_missing', 1, 'The file holds no whole line: not even its header is there.');
    if (next.value.tornBytes > 0) {
      this.#sealed = false;
      this.#found(
        'torn_tail',
        this.#line + 1,
        `The last line is incomplete (${next.value.tornBytes} bytes): it was being written when the writer or the machine died, or it was cut.`,
      );
    }
    return this.#verification();
  }

  #take(line: Buffer, chain: ChainCheck): void {
    this.#line += 1;
    const envelope = parseEnvelope(line);
    const hash = hashLine(line);
    const inOrder = chain.next(envelope, hash);
    if (this.#sealed)
      this.#found('written_after_close', this.#line, `Line ${this.#line} stands behind the closing checkpoint.`);
    this.#sealed = false;
    if (this.#line === 1) this.#checkHeader(line, envelope);
    else if (envelope?.kind === 'header')
      this.#found('header_repeated', this.#line, `Line ${this.#line} is a second header.`);
    if (envelope?.kind === 'body') this.#records += 1;
    if (envelope?.kind === 'checkpoint') this.#checkCheckpoint(line, envelope, inOrder);
    this.#head = hash;
  }

  #checkHeader(line: Buffer, envelope: Envelope | null): void {
    const said = envelope?.kind === 'header' ? parseJson(valueText(line, envelope)) : null;
    const header = said as { format?: unknown; name?: unknown; publicKey?: unknown } | null;
    if (header === null || header.format !== journalFormat) {
      this.#found('header_missing', 1, `The first line is no ${journalFormat} header.`);
      return;
    }
    if (header.name !== this.#name) {
      this.#found('name_mismatch', 1, `The journal calls itself "${String(header.name)}", the file "${this.#name}".`);
    }
    if (
      this.#key !== null &&
      header.publicKey !== this.#key.export({ type: 'spki', format: 'der' }).toString('base64')
    ) {
      this.#found('foreign_key', 1, 'The header names another signing key than the one given.');
    }
  }

  #checkCheckpoint(line: Buffer, envelope: Envelope, inOrder: boolean): void {
    this.#checkpoints += 1;
    const note = parseJson(valueText(line, envelope));
    const answer = openCheckpoint(typeof note === 'string' ? note : '', this.#key);
    if (!answer.ok) {
      this.#found(answer.code, envelope.seq, checkpointMessages[answer.code]);
      return;
    }
    // The last line has no successor that vouches for its bytes, so its one right spelling is demanded here.
    const spelled = JSON.stringify(note) === valueText(line, envelope);
    if (!spelled || !this.#fits(answer.claim, envelope, inOrder)) {
      this.#found('checkpoint_mismatch', envelope.seq, 'A signed checkpoint does not fit the lines before it.');
      return;
    }
    this.#sealed = answer.claim.state === 'closed' && inOrder && this.#key !== null;
  }

  /** Behind a broken link the head cannot fit; that fault is named already. */
  #fits(claim: CheckpointClaim, envelope: Envelope, inOrder: boolean): boolean {
    const covers = claim.size === envelope.seq - 1 && (!inOrder || claim.head === this.#head);
    return covers && claim.time === envelope.time && claim.name === this.#name;
  }

  #found(code: string, record: number | null, message: string): void {
    if (this.#findings.length < maxFindings) this.#findings.push({ code, record, message });
    else this.#unlisted += 1;
  }

  #verification(): Verification {
    const more: Finding[] =
      this.#unlisted === 0
        ? []
        : [{ code: 'more_findings', record: null, message: `${this.#unlisted} more findings are not listed.` }];
    return {
      ok: this.#findings.length === 0,
      records: this.#records,
      checkpoints: this.#checkpoints,
      sealedToTheEnd: this.#sealed && this.#findings.length === 0,
      headHash: this.#head,
      keyFingerprint: this.#key === null ? null : fingerprintOf(this.#key),
      findings: [...this.#findings, ...more],
    };
  }
}

const checkpointMessages = {
  checkpoint_malformed: 'A checkpoint has not the form of a signed note.',
  foreign_key: 'A checkpoint is signed with another key than the one given.',
  signature_wrong: 'The signature of a checkpoint is wrong.',
} as const;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
