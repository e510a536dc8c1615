import { createHash } from 'node:crypto';
import { z } from 'zod';
import { instant } from '../../contract/index.ts';
import { type SealingKey, wrappedKey } from './sealing-key.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const texts = z.record(z.string(), z.string().nullable());
const digests = z.record(z.string(), digest.nullable());

/** What is sealed: the texts themselves, so that they can be put back, and the digests of key files. */
const sealBody = z.strictObject({
  counter: z.number().int().min(1),
  sealedAt: instant,
  sealedBy: z.string(),
  /** Whole texts by file name; null where there is no such file. */
  texts,
  /** SHA-256 of files that hold secrets. */
  digests,
  /** SHA-256 of the texts before the last change: a crash between the seal and the file leaves such a one. */
  before: digests,
});
export type SealBody = z.infer<typeof sealBody>;

/** The seal's file. `body` is the JSON text of a SealBody, kept as the bytes that were sealed; `mac` is over them. */
const sealFile = z.strictObject({
  version: z.literal(1),
  key: z.strictObject({ id: z.string(), wrapped: wrappedKey }),
  body: z.string(),
  mac: digest,
});
export type SealFile = z.infer<typeof sealFile>;

/** The seal's file as an object, not yet believed; null when the text is no such thing. */
export function parseSealFile(text: string): SealFile | null {
  const parsed = sealFile.safeParse(parseJson(text));
  return parsed.success ? parsed.data : null;
}

/** What a seal holds, when `key` made it; else null. */
export function openSealFile({ body, mac }: SealFile, key: SealingKey): SealBody | null {
  if (!key.holds(body, mac)) return null;
  const parsed = sealBody.safeParse(parseJson(body));
  return parsed.success ? parsed.data : null;
}

/** The text of the seal's file over `body`. */
export function formatSealFile(body: SealBody, key: SealingKey, wrapped: SealFile['key']['wrapped']): string {
  const text = JSON.stringify(sealBody.parse(body));
  const file: SealFile = { version: 1, key: { id: key.id, wrapped }, body: text, mac: key.mac(text) };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** SHA-256 in lower-case hex; null of nothing. */
export function digestOf(content: string | Buffer | null): string | null {
  return content === null ? null : createHash('sha256').update(content).digest('hex');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
