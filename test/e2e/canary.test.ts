// Unique passwords, keys and tokens are given to the built product in every way there is, and are then looked for in
// everything that it wrote: SECURITY.md, "The database password is in the gateway's memory only".
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Found, leaks } from './support/canary/canary.ts';
import { filesBelow, pdfPlaces } from './support/canary/places.ts';
import { type Run, restartAndBreak, workAndKill } from './support/canary/scenario.ts';
import { readTrace, type Trace, whyNoTrace } from './support/canary/trace.ts';
import { type CanaryWorld, startCanaryWorld } from './support/canary/world.ts';

const noTrace = whyNoTrace();
let world: CanaryWorld;
let runs: readonly Run[];
let traces: readonly Trace[];

beforeAll(async () => {
  if (noTrace !== null)
    process.stderr.write(
      `\nCANARY, WITHOUT STRACE: ${noTrace}. Only files, output, messages and /proc are looked at, not each write(2).\n`,
    );
  world = await startCanaryWorld();
  const files = [`${world.folder}.first`, `${world.folder}.second`];
  const [first = null, second = null] = noTrace === null ? files : [];
  runs = [await workAndKill(world, first), await restartAndBreak(world, second)];
  traces = noTrace === null ? files.map(readTrace) : [];
}, 240_000);
afterAll(() => world.stop());

const all = () => Object.values(world.canaries);
const text = (where: string, said: unknown): Found => ({ where, bytes: Buffer.from(JSON.stringify(said)) });
const toUpstream = ({ where }: Found): boolean => where.includes(`->127.0.0.1:${world.upstreamPort}]`);

test('each source works, and each failure is told without what it is about', () => {
  const division = { code: '22012', message: 'division by zero', detail: undefined, hint: undefined };
  const works = (name: string) => ({ rows: [{ canary_was_here: `r_${name}` }], error: division });
  const fails = (connection: string) => ({
    code: '08001',
    message: `Postern could not log in to the database of connection "${connection}"`,
    detail: undefined,
    hint: 'The operator has to supply the credential in Postern.',
  });
  const refused = { code: '28P01', message: 'password authentication failed for user "claude"', detail: undefined };
  for (const { answers } of runs) {
    expect(answers).toEqual({
      ...Object.fromEntries(
        ['command', 'environment', 'pgpass', 'prompt', 'service'].map((name) => [name, works(name)]),
      ),
      ...Object.fromEntries(['refused', 'failing', 'malformed', 'readable'].map((name) => [name, fails(name)])),
      wrongKey: expect.objectContaining(refused),
      token: expect.objectContaining(refused),
    });
  }
});

test('the search finds a password where there has to be one: in what a cleartext log-in sends to the server', () => {
  const { environment, prompt, command, service } = world.canaries;
  const sent = traces.map(({ writes }) => leaks([environment, prompt, command, service], writes.filter(toUpstream)));
  for (const found of sent) {
    expect(found.map((leak) => leak.split(' in ')[0])).toEqual(
      expect.arrayContaining(['environment (raw)', 'prompt (raw)']),
    );
    // SCRAM and md5 prove a password and do not send it.
    expect(found.filter((leak) => /^(command|service) /.test(leak))).toEqual([]);
  }
});

test('no write(2) but those to the server holds a password', () => {
  for (const { writes } of traces) {
    expect(writes.filter(toUpstream).length).toBeGreaterThan(4);
    expect(
      leaks(
        all(),
        writes.filter((place) => !toUpstream(place)),
      ),
    ).toEqual([]);
  }
});

test('no key or token of an agent is written anywhere, to the server neither', () => {
  const { agentKey, wrongKey, token, failing, malformed, readable } = world.canaries;
  for (const { writes } of traces) {
    expect(leaks([agentKey, wrongKey, token, failing, malformed, readable], writes)).toEqual([]);
  }
});

test('no program that it starts is given one', () => {
  for (const { started } of traces) {
    expect(started.length).toBeGreaterThan(2);
    expect(leaks(all(), started)).toEqual([]);
  }
});

test('no file holds one: data folder, journals, temporary files, crash report, shared memory', () => {
  const files = [...filesBelow(world.folder, world.secretsOf), ...filesBelow('/dev/shm')];
  const names = files.map(({ where }) => where);
  expect(names).toEqual(expect.arrayContaining([expect.stringMatching(/data\/journal\/.*\.journal$/)]));
  expect(names).toEqual(expect.arrayContaining([expect.stringMatching(/report\..*\.json$/)]));
  expect(leaks(all(), files)).toEqual([]);
});

test('neither standard output nor the log says one, also when an exception ends it', () => {
  expect(runs[1]?.stderr).toContain('provoked by the test');
  const said = runs.flatMap(({ stdout, stderr }) => [text('stdout', stdout), text('stderr', stderr)]);
  expect(leaks(all(), said)).toEqual([]);
});

test('neither the page nor an agent is told one, and no report shows one', () => {
  const messages = runs.flatMap((run) => run.messages.map((bytes, at) => ({ where: `message ${at}`, bytes })));
  const reports = runs.flatMap((run) => run.reports.flatMap((pdf, at) => pdfPlaces(`report ${at}`, pdf)));
  expect(messages.length).toBeGreaterThan(50);
  expect(reports.some(({ bytes }) => bytes.includes('canary_was_here'))).toBe(true);
  expect(leaks(all(), [...messages, ...reports, ...runs.map(({ answers }) => text('answers', answers))])).toEqual([]);
});

test('of the process, Linux shows none but what it was started with in its environment', () => {
  const shown = runs.flatMap(({ process }) => process);
  expect(leaks(all(), shown)).toEqual(process.platform === 'linux' ? ['environment (raw) in environ'] : []);
});

test('SIGUSR1 opens no debugger', () => {
  expect(runs[0]?.stderr).toContain('SIGUSR1 was ignored');
  expect(runs[0]?.stderr).not.toContain('Debugger listening');
});
