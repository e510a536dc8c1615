import { backend } from '../wire/constants.ts';
import { decodeDataRow, decodeReadyForQuery } from '../wire/decode-backend.ts';
import { query } from '../wire/encode-frontend.ts';
import { type MessageChannel, protocolError } from './message-channel.ts';
import type { TargetIdentity, UpstreamTarget } from './types.ts';

const database =
  'oid::pg_catalog.text, datname FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()';
const questions = [
  `SELECT (pg_catalog.pg_control_system()).system_identifier::pg_catalog.text, ${database}`,
  `SELECT NULL::pg_catalog.text, ${database}`,
];

/**
 * Asks the server over a connection that is ready and not yet anybody's. Null when it does not tell: then nothing is known.
 * Throws UpstreamError when the connection ends or breaks the protocol.
 */
export async function readTargetIdentity(
  channel: MessageChannel,
  target: UpstreamTarget,
): Promise<TargetIdentity | null> {
  for (const question of questions) {
    const row = await ask(channel, target, question);
    const [systemIdentifier = null, databaseOid, name] = row ?? [];
    if (databaseOid != null && name != null) return { systemIdentifier, databaseOid, database: name };
  }
  return null;
}

async function ask(channel: MessageChannel, target: UpstreamTarget, text: string): Promise<(string | null)[] | null> {
  channel.write(query(text));
  let row: (string | null)[] | null = null;
  for (;;) {
    const frame = await channel.read('telling which database it is');
    switch (frame[0]) {
      case backend.dataRow:
        row = decodeDataRow(frame).map((value) => value?.toString('utf8') ?? null);
        break;
      case backend.readyForQuery:
        if (decodeReadyForQuery(frame) !== 'I') throw protocolError(target, 'the session begins inside a transaction');
        return row;
      case backend.errorResponse:
        row = null;
        break;
      case backend.rowDescription:
      case backend.commandComplete:
      case backend.noticeResponse:
      case backend.parameterStatus:
        break;
      default:
        throw protocolError(target, 'an unexpected message while it was asked which database it is');
    }
  }
}
