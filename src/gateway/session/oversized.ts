import { createHash } from 'node:crypto';
import type { RuleAnswer } from '../../contract/index.ts';
import { frontend, limit, sqlstate } from '../wire/constants.ts';
import type { ErrorText } from '../wire/encode-backend.ts';
import type { LargeMessages, MessagePart } from '../wire/message-stream.ts';
import { unknownEffects } from './effects-view.ts';
import type { Judged } from './judged.ts';

/** Bytes of such a message that are kept to be read. */
const keptBytes = 4000;

/** A message of the client above its limit. It was dropped while it came; this is what is kept of it. */
export class Oversized {
  readonly type: number;
  /** Bytes of the whole message. */
  readonly size: number;
  /** Its first bytes, header included. */
  readonly start: Buffer;
  /** SHA-256 in hex of everything behind its header. */
  readonly digest: string;

  constructor(type: number, size: number, start: Buffer, digest: string) {
    this.type = type;
    this.size = size;
    this.start = start;
    this.digest = digest;
  }
}

/** The largest message of its type that is taken in, in bytes behind its type byte. */
const mostOf = (type: number): number =>
  type === frontend.query || type === frontend.parse ? limit.statementMessage : limit.valuesMessage;

/** Data of a copy is sent on while it comes; what is above its limit comes in parts to be dropped. */
export const clientLargeMessages: LargeMessages = {
  above: limit.gathered,
  inParts: (type, size) => type === frontend.copyData || size - 1 > mostOf(type),
};

/** Drops an oversized message part by part. */
export class OversizedDrop {
  readonly #hash = createHash('sha256');
  #start: Buffer = Buffer.alloc(0);

  /** What is kept of the message, with its last part; null before. */
  take(part: MessagePart): Oversized | null {
    if (part.first) this.#start = Buffer.from(part.bytes.subarray(0, keptBytes));
    this.#hash.update(part.first ? part.bytes.subarray(5) : part.bytes);
    return part.last ? new Oversized(part.type, part.size, this.#start, this.#hash.digest('hex')) : null;
  }
}

/** How an oversized message is recorded, and what the client hears: refused, unread, whatever the policy is. */
export function judgeOversized(message: Oversized): { readonly judged: Judged; readonly refusal: ErrorText } {
  const most = mostOf(message.type);
  const name = names[message.type] ?? 'message';
  const reason = `a ${name} of ${message.size} bytes is longer than the ${most} that Postern takes`;
  const hint =
    most === limit.statementMessage
      ? 'Send the statement in parts, or its data as bound values or with COPY.'
      : 'Send the values in parts, or with COPY.';
  const rule: RuleAnswer = { id: 'limit.message', title: 'Longer than a statement may be', reason, hint };
  return {
    judged: {
      text: `${beginning(message)} … (cut: a ${name} of ${message.size} bytes in all)`,
      wholeDigest: message.digest,
      verdict: 'block',
      rule,
      awaitsCommit: false,
      commitsGated: false,
      commits: false,
      effects: unknownEffects,
      masking: null,
      statements: [],
      changes: false,
      changesCatalog: false,
      changesSettings: false,
      makes: [],
      mayChangeSearchPath: false,
      mayChangeReading: false,
      movesNames: false,
    },
    refusal: {
      severity: 'ERROR',
      sqlstate: sqlstate.programLimitExceeded,
      message: `Postern refused this statement: ${reason}`,
      detail: `verdict: block; rule: ${rule.id} (${rule.title}). It was not read to its end and not sent to the database.`,
      hint,
    },
  };
}

const names: Readonly<Record<number, string>> = {
  [frontend.query]: 'Query',
  [frontend.parse]: 'Parse',
  [frontend.bind]: 'Bind',
  [frontend.functionCall]: 'FunctionCall',
};

/** The first characters of a text; values are not shown. */
function beginning({ type, start }: Oversized): string {
  const body = start.subarray(5);
  if (type === frontend.query) return body.toString('utf8');
  if (type === frontend.parse) return body.toString('utf8', body.indexOf(0) + 1);
  if (type === frontend.bind) {
    const [portal = '', statement = ''] = body.toString('utf8', 0, 130).split('\0');
    return `-- Bind of statement "${statement}" to portal "${portal}"`;
  }
  return `-- FunctionCall of function ${body.readUInt32BE(0)}`;
}
