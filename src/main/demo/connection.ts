import { type ConnectionConfig, connectionConfig } from '../../contract/index.ts';
import { demoConnectionName } from '../desk/settings-file.ts';

/** Login of the gate in the demo database: an ordinary role that owns nothing. */
export const demoRole = 'postern_demo';
export const demoDatabaseName = 'shop';

/** The connection `demo`, as an engineer would set it up for a production database with people's data in it. */
export function demoConnection(port: number): ConnectionConfig {
  const rule = (table: string, column: string, masker: unknown, note: string) => ({
    id: `${table}-${column}`.replaceAll('_', '-'),
    table,
    column,
    masker,
    note,
  });
  return connectionConfig.parse({
    name: demoConnectionName,
    upstream: {
      host: '127.0.0.1',
      port,
      database: demoDatabaseName,
      user: demoRole,
      sslmode: 'disable',
      requireAuth: ['scram-sha-256'],
      credential: { from: 'prompt' },
    },
    environment: 'production',
    policy: 'production',
    maskRules: [
      rule('customers', 'email', { kind: 'email' }, 'Personal data'),
      rule('customers', 'phone', { kind: 'phone' }, 'Personal data'),
      rule(
        'customers',
        'national_id',
        { kind: 'partial', keepEnd: 4 },
        'Sensitive personal data; the last four digits are enough to tell two people apart',
      ),
      rule('customers', 'birth_date', { kind: 'year' }, 'The year is enough for statistics'),
      rule('customers', 'street', { kind: 'full' }, 'Personal data; city and postal code stay readable'),
      rule('payments', 'card_number', { kind: 'card' }, 'PCI DSS 3.4.1: at most the first six and last four digits'),
      rule('payments', 'card_holder', { kind: 'full' }, 'Cardholder data'),
      rule('payments', 'expires', { kind: 'full' }, 'Cardholder data'),
    ],
  });
}
