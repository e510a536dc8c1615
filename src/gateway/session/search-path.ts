import { randomBytes } from 'node:crypto';
import * as encode from '../wire/encode-frontend.ts';
import type { Answers } from './answers.ts';

const text = 'SELECT pg_catalog.unnest(pg_catalog.current_schemas(true))';

/**
 * Asks the server which schemas the session searches. Sent in the extended protocol under a name of ours, because a simple
 * Query would destroy the client's unnamed statement; the name is random, because one that the client has taken before
 * would make the look-up fail. All answers are hidden from the client. Null when the server gave no answer.
 *
 * A Sync ends the exchange, except where the client has left a segment open with Flush: there a Sync would commit what the
 * client has not, so a Flush brings the answers instead.
 */
export function readSearchPath(
  answers: Answers,
  write: (frames: readonly Buffer[]) => void,
): Promise<readonly string[] | null> {
  const name = `_postern_${randomBytes(12).toString('hex')}`;
  const schemas: string[] = [];
  const open = answers.segmentOpen;
  let complete = false;
  return new Promise((resolve) => {
    const definition = { via: 'parse', text: Buffer.from(text), parameterTypes: [] } as const;
    answers.expect({ kind: 'parse', name, definition, hidden: true });
    answers.expect({ kind: 'bind', name, portal: null, hidden: true });
    answers.expect({
      kind: 'internal_execute',
      onRow: (values) => schemas.push(values[0]?.toString('utf8') ?? ''),
      onComplete: () => {
        complete = true;
      },
    });
    const settled = (): void => resolve(complete ? schemas : null);
    answers.expect({ kind: 'close', target: 'S', name, hidden: true, ...(open ? { settled } : {}) });
    if (!open) answers.expect({ kind: 'sync', hidden: true, onReady: settled });
    write([
      encode.parse(name, text),
      encode.bind(name, name),
      encode.execute(name),
      encode.close('S', name),
      open ? encode.flush() : encode.sync(),
    ]);
  });
}
