import pino from 'pino';
import type { GatewayOptions } from '../gateway/types.ts';

/** Names under which a secret might reach a log by mistake; their values are never written. */
const secretNames = ['password', 'key', 'token', 'secret', 'credential', 'cookie', 'authorization'];

/** The operator's log: JSON lines on standard error, so that standard output stays for machines. */
export function createLog(level: 'info' | 'warn' | 'error'): GatewayOptions['log'] {
  const paths = secretNames.flatMap((name) => [name, `*.${name}`]);
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: paths },
    pino.destination({ dest: 2, sync: true }),
  );
  return (severity, message, details = {}) => logger[severity](details, message);
}
