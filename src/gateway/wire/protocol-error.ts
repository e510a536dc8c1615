import { sqlstate } from './constants.ts';

/** What came does not follow the protocol. The connection cannot go on: message boundaries may be lost. */
export class ProtocolError extends Error {
  readonly sqlstate: string;
  constructor(message: string, state: string = sqlstate.protocolViolation) {
    super(message);
    this.name = 'ProtocolError';
    this.sqlstate = state;
  }
}

/** A length field that no message of its type may have. The server closes such a connection without a word (pqcomm.c, pq_getmessage). */
export class MessageLengthError extends ProtocolError {}
