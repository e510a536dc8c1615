import type { Answers } from './answers.ts';
import { askHidden } from './hidden-exchange.ts';

const text = 'SELECT pg_catalog.unnest(pg_catalog.current_schemas(true))';

/** Asks the server which schemas the session searches, unseen by the client. Null when the server gave no answer. */
export async function readSearchPath(
  answers: Answers,
  write: (frames: readonly Buffer[]) => void,
): Promise<readonly string[] | null> {
  const results = await askHidden(answers, write, [text]);
  return results?.[0]?.map(([schema]) => schema?.toString('utf8') ?? '') ?? null;
}
