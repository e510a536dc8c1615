import { messageOf } from '../../contract/index.ts';
import { describeAddress, UpstreamError } from './error.ts';

type Address = { readonly host: string; readonly port: number };

interface Explanation {
  readonly text: string;
  readonly hint: string;
}

const checkAddress = 'Check host and port of the connection, and that PostgreSQL is running and listens there.';
const checkNetwork = 'Check the network, VPN or firewall between this machine and the database.';

/** System error codes of connect(2) and getaddrinfo(3), in words. */
const explanations: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: { text: 'nothing accepts connections there (connection refused)', hint: checkAddress },
  ENOTFOUND: { text: 'the host name does not exist', hint: 'Check the spelling of the host; is a VPN needed for it?' },
  EAI_AGAIN: { text: 'the host name cannot be resolved now', hint: 'Check the network and the name server.' },
  ETIMEDOUT: { text: 'no answer from the network', hint: checkNetwork },
  EHOSTUNREACH: { text: 'the host is unreachable', hint: checkNetwork },
  ENETUNREACH: { text: 'the network is unreachable', hint: checkNetwork },
  ECONNRESET: { text: 'the other side broke the connection off', hint: checkAddress },
  EPIPE: { text: 'the other side closed the connection', hint: checkAddress },
  ENOENT: { text: 'there is no such socket', hint: checkAddress },
  EACCES: { text: 'this user may not open the socket', hint: 'Check the permissions of the socket and its folder.' },
};

/** An UpstreamError `unreachable` for what the system said; an UpstreamError passes as it is. */
export function networkError(error: unknown, target: Address): UpstreamError {
  if (error instanceof UpstreamError) return error;
  const code = systemCode(error);
  const alert = /^ERR_SSL_(?:TLSV1|TLSV13|SSLV3)_ALERT_(.+)$/.exec(code ?? '')?.[1];
  if (alert !== undefined) return refusedCertificate(alert, target);
  const known = code === null ? undefined : explanations[code];
  const words = known?.text ?? messageOf(error);
  return new UpstreamError('unreachable', {
    message: `cannot connect to ${describeAddress(target)}: ${words}`,
    detail: code === null ? undefined : `The system reported ${code}.`,
    hint: known?.hint ?? checkAddress,
  });
}

/**
 * In TLS 1.3 a server judges our certificate when the handshake is over for us, so its alert meets whoever reads next
 * (RFC 8446, section 4.4.2.4).
 */
function refusedCertificate(alert: string, target: Address): UpstreamError {
  return new UpstreamError('client_certificate', {
    message: `${describeAddress(target)} does not accept the client certificate: ${alert.toLowerCase().replaceAll('_', ' ')}`,
    hint: 'Check that sslcert is a certificate for this user, in date, and signed by an authority in ssl_ca_file of the server.',
  });
}

/** The connection ended while an answer was due. */
export function closedError(target: Address, waitingFor: string): UpstreamError {
  return new UpstreamError('unreachable', {
    message: `the server at ${describeAddress(target)} closed the connection while ${waitingFor}`,
    hint: 'Is it PostgreSQL that listens there? The server log may say why it closed.',
  });
}

/** With several addresses tried, Node reports an AggregateError; the first one says it. */
function systemCode(error: unknown): string | null {
  if (error instanceof AggregateError && error.errors.length > 0) return systemCode(error.errors[0]);
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return null;
}
