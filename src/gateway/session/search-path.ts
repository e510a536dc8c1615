import * as encode from '../wire/encode-frontend.ts';
import type { Answers } from './answers.ts';

const name = '_postern_search_path';
const text = 'SELECT pg_catalog.unnest(pg_catalog.current_schemas(true))';

/**
 * Asks the server which schemas the session searches. Sent in the extended protocol under a name of ours, because a simple
 * Query would destroy the client's unnamed statement. All answers are hidden from the client.
 */
export function readSearchPath(
  answers: Answers,
  write: (frames: readonly Buffer[]) => void,
): Promise<readonly string[]> {
  const schemas: string[] = [];
  return new Promise((resolve) => {
    const definition = { via: 'parse', text: Buffer.from(text), parameterTypes: [] } as const;
    answers.expect({ kind: 'parse', name, definition, hidden: true });
    answers.expect({ kind: 'bind', name, portal: null, hidden: true });
    answers.expect({
      kind: 'internal_execute',
      onRow: (values) => schemas.push(values[0]?.toString('utf8') ?? ''),
    });
    answers.expect({ kind: 'close', target: 'S', name, hidden: true });
    answers.expect({ kind: 'sync', hidden: true, onReady: () => resolve(schemas) });
    write([
      encode.parse(name, text),
      encode.bind(name, name),
      encode.execute(name),
      encode.close('S', name),
      encode.sync(),
    ]);
  });
}
