import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { type Client, connect, memoryPorts } from '../../contract/index.ts';
import type { PackageRoot } from '../desk/package-root.ts';
import { type Installation, openInstallation } from '../installation.ts';
import { createLog } from '../log.ts';
import { noKeychain } from '../sign-in/keychain.ts';
import { withoutColours } from '../terminal-text.ts';
import { runAgentSession } from './agent-session.ts';
import { demoDatabaseName, demoRole } from './connection.ts';
import { createFacts, type Facts } from './facts.ts';
import { startOperator } from './operator.ts';
import { createPrinter, type Printer } from './printer.ts';

/** Whatever hangs, the demo ends. Milliseconds. */
const timeLimit = 60_000;

export interface RunDemoOptions {
  /** Folder for everything the demo makes; a new temporary one when undefined. */
  readonly keepIn: string | undefined;
  readonly root: PackageRoot;
  readonly print: (text: string) => void;
  readonly colour: boolean;
}

/**
 * The whole product once, without a human: gate, desk, scripted operator, an agent with an unchanged driver, replay,
 * verification and report. Resolves with 0 only when every fact was checked and holds.
 */
export async function runDemo(options: RunDemoOptions): Promise<0 | 1> {
  const printer = createPrinter(options.print, options.colour);
  const facts = createFacts((fact) => printer.fact(fact));
  const folder =
    options.keepIn === undefined ? await mkdtemp(join(tmpdir(), 'postern-demo-run-')) : resolve(options.keepIn);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  printer.heading(`Postern ${options.root.version}: one session, from the first statement to the report`);
  const installation = await openInstallation({
    keychain: noKeychain('The demo keeps nothing.'),
    openBrowser: () => false,
    host: 'headless',
    folder,
    root: options.root,
    operator: userInfo().username,
    // Nothing of the demo is worth a seal; a folder that has one holds something else.
    seal: {
      keychain: { missing: 'the demo has nothing to seal' },
      passphrase: null,
      ask: () => Promise.resolve(null),
      review: () => Promise.reject(new Error(`${folder} holds an installation of yours: choose an empty folder.`)),
    },
    log: createLog('error'),
    progress: (what) => printer.plain(`  ${what}…`),
  });
  let overdue: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    overdue = setTimeout(() => reject(new Error(`the demo did not end within ${timeLimit / 1000} s`)), timeLimit);
  });
  try {
    await Promise.race([show(installation, folder, printer, facts, options.colour), limit]);
  } finally {
    clearTimeout(overdue);
    await installation.stop('the demo is over');
  }
  const failed = facts.all.filter(({ ok }) => !ok).length;
  printer.heading(
    facts.ok ? `All ${facts.all.length} facts hold.` : `${failed} of ${facts.all.length} facts do not hold.`,
  );
  return facts.ok ? 0 : 1;
}

async function show(
  installation: Installation,
  folder: string,
  printer: Printer,
  facts: Facts,
  colour: boolean,
): Promise<void> {
  const { demo, desk, journals } = installation;
  if (demo === null)
    throw new Error(`${folder} holds an installation of yours, without the demo: choose an empty folder.`);
  const [deskSide, operatorSide] = memoryPorts();
  desk.attach(deskSide);
  const client = connect(operatorSide);
  const { addresses } = await client.call('desk.overview', {});
  const address = addresses[0];
  if (address === undefined) throw new Error('the gate gave the agent no address');
  printer.plain(
    `  The agent connects to ${address.host}:${address.port}; the database itself listens elsewhere and the agent never learns its password.`,
  );

  const operator = startOperator(client, (request, action) => {
    printer.operator(`is asked: “${request.rule.title}”, ${request.rule.reason}`);
    printer.operator(`${action === 'approve' ? 'approves' : 'denies'} it`);
  });
  const ended = sessionEnd(client);
  const direct = {
    host: '127.0.0.1',
    port: demo.port,
    user: demoRole,
    password: demo.password,
    database: demoDatabaseName,
  };
  await Promise.race([runAgentSession({ url: address.url, direct, printer, facts }), operator.failed]);
  const sessionId = await ended;
  operator.stop();
  facts.check(
    'the operator was asked exactly twice and approved both',
    operator.decided.map(({ state }) => state).join() === 'approved,approved',
    operator.decided.map(({ state }) => state),
  );

  printer.heading('4. The recording, replayed');
  const { frames, markers } = await client.call('sessions.replay', { sessionId });
  const text = frames
    .map(({ data }) => data)
    .join('')
    .replaceAll('\r\n', '\n');
  printer.plain(colour ? text : withoutColours(text));
  facts.check(
    'the replay shows masked, held and refused statements',
    ['masked', 'approved', 'refused'].every((kind) => markers.some((marker) => marker.kind === kind)),
    markers.map(({ kind }) => kind),
  );

  printer.heading('5. The evidence');
  const verification = await client.call('sessions.verify', { sessionId });
  facts.check(
    `the journal is whole: ${verification.records} records, signed to its last`,
    verification.ok && verification.sealedToTheEnd,
    verification.findings,
  );
  const report = await client.call('sessions.report', { sessionId });
  const pdf = Buffer.from(report.pdf, 'base64');
  const reportPath = join(folder, report.fileName);
  await writeFile(reportPath, pdf, { mode: 0o600 });
  facts.check(
    `the report has ${report.pages} pages`,
    report.pages > 0 && pdf.length > 1000 && pdf.subarray(0, 5).toString('latin1') === '%PDF-',
    `${pdf.length} bytes`,
  );
  printer.plain(
    `\n    journal  ${join(journals, `${sessionId}.journal`)}\n    report   ${reportPath}\n    verify   npx postern verify ${sessionId} --data-folder ${folder}\n    replay   npx postern replay ${sessionId} --data-folder ${folder}`,
  );
}

/** Resolves with the id of the first session that ends: its journal is then closed. */
function sessionEnd(client: Client): Promise<string> {
  return new Promise((resolve) => {
    const stop = client.on('session.changed', ({ id, live }) => {
      if (live) return;
      stop();
      resolve(id);
    });
  });
}
