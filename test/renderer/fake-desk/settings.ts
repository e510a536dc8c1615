import {
  type AgentAddress,
  type AgentView,
  type Backtest,
  type CatalogTable,
  type ConnectionView,
  connectionConfig,
  type MaskRule,
  type Overview,
  type PolicyView,
  type ServiceView,
  sessionsRunAs,
  type TokenAddress,
  type UpstreamAccount,
} from '../../../src/contract/index.ts';

export function address(connection: string, key = '<key>'): AgentAddress {
  const url = `postgresql://agent:${key}@127.0.0.1:7432/${connection}`;
  return {
    connection,
    host: '127.0.0.1',
    port: 7432,
    database: connection,
    user: 'agent',
    url,
    psql: `psql '${url}'`,
    claude: `claude mcp add ${connection} -- npx -y @modelcontextprotocol/server-postgres '${url}'`,
  };
}

const tokenAddress: TokenAddress = {
  provider: 'acme',
  token: 'postern token --connection shop',
  psql: "PGPASSWORD=$(postern token --connection shop) psql 'postgresql://token@127.0.0.1:7432/shop'",
  claude:
    "DATABASE_URL='postgresql://token@127.0.0.1:7432/shop' claude --append-system-prompt 'PostgreSQL is at $DATABASE_URL'",
};

const superuser: UpstreamAccount = {
  role: 'postgres',
  superuser: true,
  createRole: true,
  replication: true,
  bypassesRowSecurity: true,
  ownsDatabase: true,
  ownedRelations: 12,
  powerfulRoles: [],
};

export const rules: MaskRule[] = [
  {
    id: 'mask-customers-email',
    schema: 'public',
    table: 'customers',
    column: 'email',
    masker: { kind: 'email' },
    note: 'Personal data',
  },
  { id: 'mask-customers-phone', schema: 'public', table: 'customers', column: 'phone', masker: { kind: 'phone' } },
  {
    id: 'mask-customers-national_id',
    schema: 'public',
    table: 'customers',
    column: 'national_id',
    masker: { kind: 'full' },
    note: 'BSN, never needed',
  },
  {
    id: 'mask-payments-card',
    schema: 'public',
    table: 'payments',
    column: 'card_*',
    masker: { kind: 'partial', keepStart: 0, keepEnd: 4 },
  },
];

const ownRules = [
  {
    id: 'no-customer-emails',
    title: 'Addresses of customers',
    when: { columns: ['public.customers.email'], effects: ['read'] },
    verdict: 'block',
    reason: 'Addresses of customers are not for agents.',
    hint: 'Join by customer id instead.',
  },
  {
    id: 'scratch',
    when: { writes: ['scratch.*'], time: { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', until: '18:00' } },
    verdict: 'allow',
    reason: 'The scratch schema belongs to the agents.',
    validUntil: '2026-01-31T00:00:00+01:00',
  },
  {
    id: 'emails-once-more',
    when: { columns: ['public.customers.email'] },
    verdict: 'ask',
    hold: 'commit',
    reason: 'Ask about addresses.',
    disabled: true,
  },
];

export function connections(): ConnectionView[] {
  const upstream = { host: 'db.shop.internal', database: 'shop', user: 'shop_app', sslmode: 'verify-full' as const };
  const view = (config: unknown, credential: ConnectionView['credential'], liveSessions: number): ConnectionView => {
    const parsed = connectionConfig.parse(config);
    const targetDoubt =
      parsed.name === 'shop-staging'
        ? 'Connection shop-staging is labelled staging, and reaches the database of connection shop, which is labelled production.'
        : null;
    return {
      ...{ config: parsed, credential, liveSessions, addresses: [address(parsed.name)], targetDoubt },
      tokenAddresses: parsed.name === 'shop' ? [tokenAddress] : [],
      account: parsed.name === 'demo' ? superuser : null,
      runsAs: sessionsRunAs(parsed),
    };
  };
  return [
    view(
      {
        name: 'shop',
        upstream,
        maskRules: rules,
        policyRules: ownRules,
        budgets: { perSession: { rowsRead: 100_000 } },
      },
      'ready',
      1,
    ),
    view(
      {
        name: 'shop-staging',
        upstream: { ...upstream, host: 'staging.shop.internal' },
        sessionRole: { kind: 'just_in_time', schemas: ['public', 'sales_*'], statementTimeoutSeconds: 30 },
        environment: 'staging',
        policy: 'staging',
        maskRules: rules.slice(0, 2),
      },
      'needed',
      1,
    ),
    view(
      {
        name: 'demo',
        upstream: {
          host: '127.0.0.1',
          port: 54_329,
          database: 'shop_demo',
          user: 'postgres',
          sslmode: 'disable',
          credential: { from: 'none' },
        },
        environment: 'local',
        policy: 'observe',
      },
      'none',
      0,
    ),
  ];
}

export const services: ServiceView[] = [
  {
    service: 'shop-prod',
    file: '/home/ada/.pg_service.conf',
    settings: { host: 'db.shop.internal', port: 5433, database: 'shop', user: 'ada', sslmode: 'verify-full' },
    unsupported: ['target_session_attrs'],
    problem: null,
  },
  {
    service: 'shop-replica',
    file: '/etc/postgresql-common/pg_service.conf',
    settings: { host: 'replica.shop.internal', port: 5432, database: 'shop', user: 'ada' },
    unsupported: [],
    problem: null,
  },
];

export function agents(now: number): AgentView[] {
  return [
    {
      name: 'claude-code',
      fingerprint: '9f2c41ab',
      connections: ['shop', 'demo'],
      createdAt: now - 86_400_000 * 12,
      revokedAt: null,
      lastSeenAt: now - 4000,
      scope: {
        readOnly: true,
        schemas: ['public', 'reporting_*'],
        validUntil: new Date(now + 86_400_000 * 20).toISOString(),
      },
      groups: ['day', 'reviewers'],
      formerKeys: [{ fingerprint: '5d10ee7a', until: now + 3_600_000 }],
    },
    {
      name: 'nightly-report',
      fingerprint: '03be77d1',
      connections: ['shop-staging'],
      createdAt: now - 86_400_000 * 40,
      revokedAt: null,
      lastSeenAt: now - 9_000_000,
      scope: null,
      groups: [],
      formerKeys: [],
    },
    {
      name: 'old-laptop',
      fingerprint: 'c81d9e02',
      connections: ['shop'],
      createdAt: now - 86_400_000 * 90,
      revokedAt: now - 86_400_000 * 3,
      lastSeenAt: now - 86_400_000 * 4,
      scope: null,
      groups: [],
      formerKeys: [],
    },
  ];
}

export const overview: Overview = {
  version: '0.1.0',
  host: 'headless',
  demo: true,
  managedBy: 'settings',
  listeners: [{ host: '127.0.0.1', port: 7432, tls: 'allow' }],
  addresses: [address('demo', 'pk_demo_4f1d…')],
  journalFolder: '/home/ada/.local/share/postern/journals',
  approvalDeadlineMs: 300_000,
  problems: [],
};

const column = (name: string, type: string, maskedBy: string | null = null) => ({ name, type, maskedBy });

export const catalog: CatalogTable[] = [
  {
    schema: 'public',
    name: 'customers',
    kind: 'table',
    columns: [
      column('id', 'bigint'),
      column('name', 'text'),
      column('email', 'text', 'mask-customers-email'),
      column('phone', 'text', 'mask-customers-phone'),
      column('national_id', 'text', 'mask-customers-national_id'),
      column('country', 'character(2)'),
      column('created_at', 'timestamptz'),
    ],
  },
  {
    schema: 'public',
    name: 'orders',
    kind: 'table',
    columns: [
      column('id', 'bigint'),
      column('customer_id', 'bigint'),
      column('status', 'text'),
      column('total', 'numeric(12,2)'),
    ],
  },
  {
    schema: 'public',
    name: 'payments',
    kind: 'partitioned_table',
    columns: [
      column('id', 'bigint'),
      column('order_id', 'bigint'),
      column('card_number', 'text', 'mask-payments-card'),
      column('amount', 'numeric(12,2)'),
    ],
  },
  {
    schema: 'public',
    name: 'order_overview',
    kind: 'view',
    columns: [column('id', 'bigint'), column('customer', 'text'), column('total', 'numeric')],
  },
  { schema: 'audit', name: 'changes', kind: 'table', columns: [column('id', 'bigint'), column('payload', 'jsonb')] },
];

export const customerRows: (string | null)[][] = [
  [
    '20417',
    'Maartje de Jong',
    'maartje.dejong@example.nl',
    '+31 6 1234 5678',
    '123456782',
    'NL',
    '2024-03-02 09:14:05+00',
  ],
  ['20418', 'Sem Bakker', 'sem@bakker.example', '+31 6 2233 4455', '987654329', 'NL', '2024-03-02 11:40:51+00'],
  ['20419', 'Noor Visser', 'noor.visser@example.org', null, '555443332', 'BE', '2024-03-03 16:02:12+00'],
  ['20420', 'Daan Smit', 'd.smit@example.com', '+31 20 555 0199', '246813579', 'NL', '2024-03-04 08:30:00+00'],
];

export const presets: PolicyView[] = (['production', 'staging', 'read-only', 'observe'] as const).map((preset) => ({
  preset,
  title: `${preset[0]?.toUpperCase()}${preset.slice(1)}`,
  description: preset === 'production' ? 'For databases that people depend on.' : 'For databases that may be broken.',
  rules: [
    {
      id: 'not-understood',
      title: 'What is not understood is blocked',
      verdict: 'block' as const,
      description: 'Text that PostgreSQL’s grammar here cannot read is never waved through.',
    },
    {
      id: 'server-programs',
      title: 'Server files and programs end the session',
      verdict: 'terminate' as const,
      description: 'COPY … PROGRAM and server-side files reach beyond the database.',
    },
    {
      id: 'ddl-blocked',
      title: 'Schema changes are blocked',
      verdict: 'block' as const,
      description: 'CREATE, ALTER, DROP and their like belong in migrations.',
    },
    {
      id: 'production-write-asks',
      title: 'Writing asks',
      verdict: 'ask' as const,
      description: 'INSERT, UPDATE, DELETE and MERGE wait for the operator.',
    },
    {
      id: 'read-allowed',
      title: 'Reading is allowed',
      verdict: 'allow' as const,
      description: 'Results are masked by the mask rules.',
    },
  ].map((rule) => ({ ...rule, origin: 'preset' as const, shadowedBy: null })),
}));

const answered = (verdict: 'allow' | 'ask' | 'block', id: string, reason: string) => ({
  verdict,
  rule: { id, title: id, reason, hint: null },
});

/** A changed policy over recorded sessions, as the desk would answer. */
export const backtestResult = (now: number): Backtest => ({
  sessions: 12,
  statements: 418,
  notJudged: 1,
  current: { allow: 396, ask: 20, block: 1, terminate: 0 },
  proposed: { allow: 391, ask: 14, block: 12, terminate: 0 },
  changes: [
    {
      sessionId: 's-1',
      statement: 14,
      at: now - 86_400_000,
      agent: 'claude',
      text: "SELECT email, city FROM customers WHERE city = 'Utrecht'",
      recorded: answered('allow', 'read', 'It only reads on customers.'),
      current: answered('allow', 'read', 'It only reads on customers.'),
      proposed: answered('block', 'no-customer-emails', 'Addresses of customers are not for agents.'),
    },
    {
      sessionId: 's-2',
      statement: 3,
      at: now - 7_200_000,
      agent: 'claude',
      text: 'UPDATE scratch.notes SET body = $1 WHERE id = $2',
      recorded: answered('ask', 'scoped-write', 'UPDATE on scratch.notes changes few rows.'),
      current: answered('ask', 'scoped-write', 'UPDATE on scratch.notes changes few rows.'),
      proposed: answered('allow', 'scratch', 'The scratch schema belongs to the agents.'),
    },
  ],
  omitted: 0,
  certain: true,
});
