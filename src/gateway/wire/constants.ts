/** Numbers and letters of the PostgreSQL frontend/backend protocol, version 3 (manual, "Message Formats"). One place for all of them. */

/** Codes in the first, untyped packet of a client. */
export const startupCode = {
  protocol30: 196608,
  protocol32: 196610,
  cancelRequest: 80877102,
  sslRequest: 80877103,
  gssEncRequest: 80877104,
} as const;

const code = (letter: string): number => letter.charCodeAt(0);

/** Type bytes of messages that clients send. */
export const frontend = {
  bind: code('B'),
  close: code('C'),
  copyData: code('d'),
  copyDone: code('c'),
  copyFail: code('f'),
  describe: code('D'),
  execute: code('E'),
  flush: code('H'),
  functionCall: code('F'),
  parse: code('P'),
  password: code('p'),
  query: code('Q'),
  sync: code('S'),
  terminate: code('X'),
} as const;

/** Type bytes of messages that servers send. */
export const backend = {
  authentication: code('R'),
  backendKeyData: code('K'),
  bindComplete: code('2'),
  closeComplete: code('3'),
  commandComplete: code('C'),
  copyBothResponse: code('W'),
  copyData: code('d'),
  copyDone: code('c'),
  copyInResponse: code('G'),
  copyOutResponse: code('H'),
  dataRow: code('D'),
  emptyQueryResponse: code('I'),
  errorResponse: code('E'),
  functionCallResponse: code('V'),
  negotiateProtocolVersion: code('v'),
  noData: code('n'),
  noticeResponse: code('N'),
  notificationResponse: code('A'),
  parameterDescription: code('t'),
  parameterStatus: code('S'),
  parseComplete: code('1'),
  portalSuspended: code('s'),
  readyForQuery: code('Z'),
  rowDescription: code('T'),
} as const;

/** Sub-codes of an Authentication message. */
export const authentication = {
  ok: 0,
  kerberosV5: 2,
  cleartextPassword: 3,
  md5Password: 5,
  gss: 7,
  gssContinue: 8,
  sspi: 9,
  sasl: 10,
  saslContinue: 11,
  saslFinal: 12,
} as const;

/** SQLSTATEs that we send ourselves (manual, appendix A). */
export const sqlstate = {
  insufficientPrivilege: '42501',
  syntaxError: '42601',
  queryCanceled: '57014',
  adminShutdown: '57P01',
  cannotConnectNow: '57P03',
  invalidAuthorization: '28000',
  invalidPassword: '28P01',
  invalidCatalogName: '3D000',
  protocolViolation: '08P01',
  connectionFailure: '08006',
  cannotConnect: '08001',
  featureNotSupported: '0A000',
  programLimitExceeded: '54000',
  tooManyConnections: '53300',
  configurationLimitExceeded: '53400',
  diskFull: '53100',
  nameTooLong: '42622',
  internalError: 'XX000',
} as const;

/** Limits of ours. The server's own are in its source, `PQ_SMALL_MESSAGE_LIMIT` and `MAX_STARTUP_PACKET_LENGTH`. */
export const limit = {
  /** Without its length field. */
  startupPacket: 10_000,
  password: 65_536,
  /** A SASL response: an access token of 64 KiB and what RFC 7628 puts around it. */
  saslResponse: 65_536 + 1024,
  smallMessage: 10_000,
  /** Bytes of a statement or portal name: NAMEDATALEN - 1, as PostgreSQL is built everywhere. */
  name: 63,
  /** Length field of Query, Parse, Bind, FunctionCall and CopyData: PQ_LARGE_MESSAGE_LIMIT. Above it the server closes the connection. */
  frontendMessage: 1024 * 1024 * 1024 - 2,
  /**
   * A Query or Parse, which is gathered whole before any of it is sent. A longer one is refused with 54000. PostgreSQL's own
   * dump suite sends one of 64 MiB.
   */
  statementMessage: 128 * 1024 * 1024,
  /** A Bind or FunctionCall, which are judged with their values and so gathered whole. A longer one is refused with 54000. */
  valuesMessage: 256 * 1024 * 1024,
  /** Length field of any message of the server: what it builds in memory (MaxAllocSize), and the field itself. */
  backendMessage: 1024 * 1024 * 1024 + 4,
  /** Messages above this are handed on while they arrive, where nothing in them has to be understood as a whole. */
  gathered: 256 * 1024,
  /** A row that has a column to mask, which must be gathered whole. A larger one ends the session with 54000. */
  maskedRow: 64 * 1024 * 1024,
  /** Any other message of the server that is gathered whole; PostgreSQL's own stay below 300 KiB (65,535 parameter types). */
  understoodMessage: 16 * 1024 * 1024,
} as const;

/** The process id and transaction letter a ReadyForQuery carries. */
export type TransactionStatus = 'I' | 'T' | 'E';
