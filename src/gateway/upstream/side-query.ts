import { backend, limit, sqlstate } from '../wire/constants.ts';
import { decodeDataRow, decodeRowDescription } from '../wire/decode-backend.ts';
import { query as queryMessage, terminate } from '../wire/encode-frontend.ts';
import type { FieldDescription } from '../wire/fields.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { cancelUpstream } from './cancel.ts';
import { type ConnectOptions, connectUpstream } from './connect.ts';
import { describeAddress, UpstreamError } from './error.ts';
import { MessageChannel, protocolError, readErrorFields } from './message-channel.ts';
import type { UpstreamConnection, UpstreamTarget } from './types.ts';

export interface SideConnectionOptions extends ConnectOptions {
  /** Milliseconds one query may take before it is cancelled; none by default. */
  readonly statementTimeoutMs?: number | undefined;
  /** Bytes that the answer to one query may have. */
  readonly answerLimit?: number | undefined;
}

export interface SideResult {
  readonly fields: readonly FieldDescription[];
  /** Values as text, null for SQL NULL. */
  readonly rows: (string | null)[][];
}

/** A connection of the gate's own, beside those of agents: for the catalog, previews and tests of a connection. */
export interface SideConnection {
  readonly upstream: UpstreamConnection;
  /** Rows of the last statement in `sql` that returned any. Rejects with UpstreamError; queries wait for one another. */
  query(sql: string): Promise<(string | null)[][]>;
  /** The same with the columns' description. */
  queryWithFields(sql: string): Promise<SideResult>;
  close(): void;
}

/** What a query still gets after its cancel was sent, in milliseconds, before the connection is cut. */
const cancelGraceMs = 2_000;
const defaultAnswerLimit = 256 * 1024 * 1024;

/** Opens a side connection with UTF-8 text. Rejects with UpstreamError. */
export async function openSideConnection(
  target: UpstreamTarget,
  options: SideConnectionOptions = {},
): Promise<SideConnection> {
  const startup = new Map([
    ['application_name', 'postern'],
    ['client_encoding', 'UTF8'],
  ]);
  const upstream = await connectUpstream(target, startup, options);
  const limits = { message: () => limit.backendMessage, total: options.answerLimit ?? defaultAnswerLimit };
  const channel = new MessageChannel(upstream.socket, target, limits, upstream.rest);
  let last: Promise<unknown> = Promise.resolve();
  let ended: unknown = null;

  // What is still buffered answers a query that is over; it must not pass for the answer to the next one.
  const end = (reason: unknown): void => {
    ended ??= reason;
    upstream.socket.destroy();
  };
  const queryWithFields = (sql: string): Promise<SideResult> => {
    const run = async (): Promise<SideResult> => {
      if (ended !== null) throw ended;
      try {
        return await withStatementTimeout(target, upstream, options.statementTimeoutMs, () =>
          runQuery(channel, target, sql),
        );
      } catch (error) {
        if (endsConnection(error)) end(error);
        throw error;
      }
    };
    const result = last.then(run, run);
    last = result.catch(() => undefined);
    return result;
  };

  return {
    upstream,
    queryWithFields,
    query: async (sql) => (await queryWithFields(sql)).rows,
    close: () => {
      ended ??= new UpstreamError('unreachable', { message: 'this side connection is closed' });
      if (!upstream.socket.destroyed) upstream.socket.end(terminate());
    },
  };
}

async function runQuery(channel: MessageChannel, target: UpstreamTarget, sql: string): Promise<SideResult> {
  if (sql.includes('\0')) throw new UpstreamError('server_error', { message: 'the query holds a zero byte' });
  channel.resetTotal();
  channel.write(queryMessage(sql));
  let result: SideResult = { fields: [], rows: [] };
  let failure: UpstreamError | null = null;
  for (;;) {
    const frame = await channel.read('a query was running');
    try {
      switch (frame[0]) {
        case backend.rowDescription:
          result = { fields: decodeRowDescription(frame), rows: [] };
          break;
        case backend.dataRow:
          result.rows.push(decodeDataRow(frame).map((value) => (value === null ? null : value.toString('utf8'))));
          break;
        case backend.errorResponse:
          failure ??= queryError(frame, target);
          break;
        case backend.copyInResponse:
        case backend.copyOutResponse:
        case backend.copyBothResponse:
          throw protocolError(target, 'COPY on a side connection');
        case backend.readyForQuery:
          if (failure !== null) throw failure;
          return result;
      }
    } catch (error) {
      throw error instanceof ProtocolError ? protocolError(target, error.message) : error;
    }
  }
}

function queryError(frame: Buffer, target: UpstreamTarget): UpstreamError {
  const fields = readErrorFields(frame, target);
  return new UpstreamError('server_error', {
    message: fields.M ?? 'the server gave no reason',
    detail: fields.D,
    hint: fields.H,
    fields,
  });
}

/** An error of the server ends the query only; anything else leaves the dialogue in an unknown place. */
const endsConnection = (error: unknown): boolean => !(error instanceof UpstreamError && error.fields !== null);

/**
 * The clock is ours, not the server's statement_timeout: poolers refuse that as a start-up parameter, and a SET would
 * stay behind on a pooled server connection.
 */
async function withStatementTimeout<T>(
  target: UpstreamTarget,
  upstream: UpstreamConnection,
  timeoutMs: number | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (timeoutMs === undefined) return work();
  let timedOut = false;
  let grace: NodeJS.Timeout | undefined;
  let cancelling: Promise<void> = Promise.resolve();
  const cut = (): void => {
    upstream.socket.destroy();
  };
  const timer = setTimeout(() => {
    timedOut = true;
    grace = setTimeout(cut, cancelGraceMs);
    const options = { encrypted: upstream.encrypted, timeoutMs: cancelGraceMs };
    cancelling = cancelUpstream(target, upstream.processId, upstream.secretKey, options).catch(cut);
  }, timeoutMs);
  try {
    return await work();
  } catch (error) {
    const fields = error instanceof UpstreamError ? error.fields : null;
    if (!timedOut || (fields !== null && fields.C !== sqlstate.queryCanceled)) throw error;
    throw new UpstreamError('timeout', {
      message: `${describeAddress(target)} did not finish a query within ${timeoutMs / 1000} s; it was cancelled`,
      fields: fields ?? undefined,
    });
  } finally {
    clearTimeout(timer);
    // The next query must not be hit by a cancel that is still on its way (protocol.md, E9).
    await cancelling;
    clearTimeout(grace);
  }
}
