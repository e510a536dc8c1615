// The long run of the fuzz tests: `npm run fuzz -- [--target parsers|sessions|…] [--count N] [--minutes M] [--seed S]`.
// The same tests run with small budgets in `npm test`; CONTRIBUTING.md says how a finding is made again.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    count: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    path: { type: 'string' },
  },
});

const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));

/** One run of the tests of a target; the exit code of vitest. */
function run(target, count, minutes) {
  const budget = {
    POSTERN_FUZZ_COUNT: count ?? '',
    POSTERN_FUZZ_MINUTES: minutes ?? '',
    POSTERN_FUZZ_SEED: seed,
    ...(values.path === undefined ? {} : { POSTERN_FUZZ_PATH: values.path }),
  };
  const project = target === 'parsers' ? 'unit' : 'integration';
  const { status } = spawnSync(process.execPath, [vitest, 'run', `test/fuzz/${target}`, '--project', project], {
    stdio: 'inherit',
    env: { ...process.env, ...budget },
  });
  return status ?? 1;
}

const scripts = ['sessions', 'policy', 'reading', 'masking'];
const wanted = values.target === undefined ? ['parsers', ...scripts] : [values.target];
let failed = 0;
for (const target of wanted) {
  // A million inputs for what is pure; for what needs a server, as many scripts as fit into the time.
  const count = values.count ?? (target === 'parsers' && values.minutes === undefined ? '1000000' : undefined);
  const minutes = values.minutes ?? (target === 'parsers' || count !== undefined ? undefined : '5');
  failed ||= run(target, count, minutes);
}
process.exitCode = failed;
