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
  queryCanceled: '57014',
  adminShutdown: '57P01',
  cannotConnectNow: '57P03',
  invalidPassword: '28P01',
  invalidCatalogName: '3D000',
  protocolViolation: '08P01',
  connectionFailure: '08006',
  cannotConnect: '08001',
  featureNotSupported: '0A000',
  programLimitExceeded: '54000',
  tooManyConnections: '53300',
  diskFull: '53100',
  nameTooLong: '42622',
  internalError: 'XX000',
} as const;

/** Limits of ours. The server's own are in its source, `PQ_SMALL_MESSAGE_LIMIT` and `MAX_STARTUP_PACKET_LENGTH`. */
export const limit = {
  startupPacket: 10_000,
  password: 65_536,
  smallMessage: 10_000,
  /** Bytes of a statement or portal name: NAMEDATALEN - 1, as PostgreSQL is built everywhere. */
  name: 63,
  /** A whole frontend message. The server takes 1 GiB; what is judged has to fit in memory several times over. */
  frontendMessage: 256 * 1024 * 1024,
  /** The server's own limit for any message. */
  backendMessage: 1024 * 1024 * 1024 - 1,
} as const;

/** The process id and transaction letter a ReadyForQuery carries. */
export type TransactionStatus = 'I' | 'T' | 'E';
