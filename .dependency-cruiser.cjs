/** The arrows of ARCHITECTURE.md, checked. Each rule forbids what is not drawn there. */
const gatewayRooms = (names) => `^src/gateway/(${names})/`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'contract-imports-nothing-of-ours', severity: 'error', from: { path: '^src/contract/' }, to: { path: '^src/', pathNot: '^src/contract/' } },
    { name: 'contract-is-browser-safe', severity: 'error', from: { path: '^src/contract/' }, to: { dependencyTypes: ['core'] } },
    { name: 'renderer-knows-only-the-contract', severity: 'error', from: { path: '^src/renderer/' }, to: { path: '^src/', pathNot: '^src/(renderer|contract)/' } },
    { name: 'renderer-has-no-node', severity: 'error', from: { path: '^src/renderer/' }, to: { dependencyTypes: ['core'] } },
    { name: 'gateway-knows-no-host', severity: 'error', from: { path: '^src/gateway/' }, to: { path: '^src/(main|preload|renderer)/' } },
    { name: 'electron-only-in-its-shell', severity: 'error', from: { pathNot: '^src/(main/electron|preload)/' }, to: { path: 'node_modules/electron(/|$)', dependencyTypesNot: ['type-only'] } },
    { name: 'hosts-do-not-know-each-other', severity: 'error', from: { path: '^src/main/headless/' }, to: { path: '^src/main/electron/' } },
    { name: 'electron-host-does-not-serve-a-console', severity: 'error', from: { path: '^src/main/electron/' }, to: { path: '^src/main/headless/' } },
    { name: 'desk-knows-no-host', severity: 'error', from: { path: '^src/main/desk/' }, to: { path: '^src/main/(electron|headless)/' } },
    { name: 'wire-is-at-the-bottom', severity: 'error', from: { path: gatewayRooms('wire') }, to: { path: '^src/gateway/', pathNot: gatewayRooms('wire') } },
    { name: 'sql-is-at-the-bottom', severity: 'error', from: { path: gatewayRooms('sql') }, to: { path: '^src/gateway/', pathNot: gatewayRooms('sql') } },
    { name: 'wire-is-socket-free', severity: 'error', from: { path: gatewayRooms('wire') }, to: { path: '^(node:)?(net|tls|fs)$' } },
    { name: 'identity-stands-alone', severity: 'error', from: { path: gatewayRooms('identity') }, to: { path: '^src/gateway/', pathNot: gatewayRooms('identity|wire|sql') } },
    { name: 'policy-knows-effects', severity: 'error', from: { path: gatewayRooms('policy') }, to: { path: '^src/gateway/', pathNot: gatewayRooms('policy|wire|sql') } },
    { name: 'masking-knows-rules-sql-wire', severity: 'error', from: { path: gatewayRooms('masking') }, to: { path: '^src/gateway/', pathNot: gatewayRooms('masking|policy|wire|sql') } },
    { name: 'approval-stands-alone', severity: 'error', from: { path: gatewayRooms('approval') }, to: { path: '^src/gateway/', pathNot: gatewayRooms('approval|wire|sql') } },
    { name: 'journal-stands-alone', severity: 'error', from: { path: gatewayRooms('journal') }, to: { path: '^src/gateway/', pathNot: gatewayRooms('journal|wire|sql') } },
    { name: 'upstream-knows-wire', severity: 'error', from: { path: gatewayRooms('upstream') }, to: { path: '^src/gateway/', pathNot: gatewayRooms('upstream|wire') } },
    { name: 'evidence-reads-journals', severity: 'error', from: { path: gatewayRooms('evidence') }, to: { path: '^src/gateway/', pathNot: gatewayRooms('evidence|journal') } },
    { name: 'nobody-below-knows-session', severity: 'error', from: { path: '^src/gateway/', pathNot: '^src/gateway/(session/|mcp/|[^/]+\\.ts$)' }, to: { path: gatewayRooms('session') } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.node.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.json'], exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
