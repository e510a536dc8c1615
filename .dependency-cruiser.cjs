/** The arrows of ARCHITECTURE.md, checked. Each rule forbids what is not drawn there. */
const forbid = (name, from, to) => ({ name, severity: 'error', from, to });
const under = (path, pathNot) => ({ ...(path && { path }), ...(pathNot && { pathNot }) });
const room = (names) => `^src/gateway/(${names})/`;
/** A room of the gateway may import itself and the rooms named, and no other. */
const roomKnowsOnly = (name, own, below = []) =>
  forbid(name, under(room(own)), under('^src/gateway/', room([own, ...below].join('|'))));

const core = { dependencyTypes: ['core'] };
const npm = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg'];
const sockets = '^(node:)?(net|tls|fs|fs/promises|dgram|http|https|http2|child_process|worker_threads)$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    forbid('no-circles', {}, { circular: true }),
    forbid('every-import-resolves', {}, { couldNotResolve: true }),
    forbid('source-knows-no-test', under('^src/'), under('^(test|bench)/')),

    forbid('contract-imports-nothing-of-ours', under('^src/contract/'), under('^src/', '^src/contract/')),
    forbid('contract-is-browser-safe', under('^src/contract/'), core),
    forbid('contract-needs-zod-only', under('^src/contract/'), { dependencyTypes: npm, pathNot: 'node_modules/zod/' }),

    forbid('renderer-knows-only-the-contract', under('^src/renderer/'), under('^src/', '^src/(renderer|contract)/')),
    forbid('renderer-has-no-node', under('^src/renderer/'), core),
    forbid('preload-is-a-bridge-only', under('^src/preload/'), under('^src/', '^src/preload/')),

    forbid('electron-only-in-its-shell', under(undefined, '^src/(main/electron|preload)/'), {
      path: 'node_modules/electron(/|$)',
      dependencyTypesNot: ['type-only'],
    }),
    forbid('hosts-serve-the-page-and-do-not-import-it', under('^src/main/'), under('^src/(renderer|preload)/')),
    forbid('hosts-do-not-know-each-other', under('^src/main/headless/'), under('^src/main/electron/')),
    forbid('electron-host-does-not-serve-a-console', under('^src/main/electron/'), under('^src/main/headless/')),
    forbid('desk-knows-no-seal', under('^src/main/desk/'), under('^src/main/seal/')),
    forbid('desk-knows-no-host', under('^src/main/desk/'), under('^src/main/(electron|headless)/')),
    // What runs outside the page is not bundled: it must be there in an installed package.
    forbid('what-ships-is-a-dependency', under('^src/(gateway|main)/', '^src/main/electron/'), {
      dependencyTypes: ['npm-dev', 'npm-no-pkg', 'unknown'],
      dependencyTypesNot: ['type-only'],
    }),

    forbid('gateway-knows-no-host', under('^src/gateway/'), under('^src/(main|preload|renderer)/')),
    forbid('rooms-do-not-know-the-composition', under('^src/gateway/[^/]+/'), under('^src/gateway/[^/]+\\.ts$')),
    roomKnowsOnly('wire-is-at-the-bottom', 'wire'),
    roomKnowsOnly('sql-is-at-the-bottom', 'sql'),
    forbid('wire-is-socket-free', under(room('wire')), under(sockets)),
    roomKnowsOnly('door-stands-alone', 'door', ['wire']),
    roomKnowsOnly('identity-stands-alone', 'identity', ['wire', 'sql']),
    roomKnowsOnly('policy-knows-effects', 'policy', ['wire', 'sql']),
    roomKnowsOnly('masking-knows-rules-sql-wire', 'masking', ['policy', 'wire', 'sql']),
    roomKnowsOnly('approval-stands-alone', 'approval', ['wire', 'sql']),
    roomKnowsOnly('journal-stands-alone', 'journal', ['wire', 'sql']),
    roomKnowsOnly('upstream-knows-wire', 'upstream', ['wire']),
    roomKnowsOnly('evidence-reads-journals', 'evidence', ['journal']),
    roomKnowsOnly('memory-keeps-lists', 'memory', ['masking', 'upstream', 'door']),
    roomKnowsOnly('settings-give-rights', 'settings', ['identity']),
    roomKnowsOnly('sampling-reads-rows', 'sampling', ['masking', 'sql', 'upstream', 'wire']),
    roomKnowsOnly('gate-journal-writes-what-happens-at-the-door', 'gate-journal', ['journal', 'approval', 'session']),
    forbid('session-reads-no-evidence', under(room('session')), under(room('evidence'))),
    forbid(
      'nobody-below-knows-session',
      under('^src/gateway/', '^src/gateway/(session/|gate-journal/|[^/]+\\.ts$)'),
      under(room('session')),
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.node.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
