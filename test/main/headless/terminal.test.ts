import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { askSecret, onEnter } from '../../../src/main/headless/terminal.ts';

function terminal(isTTY: boolean) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = new PassThrough({ encoding: 'utf8' });
  let shown = '';
  output.on('data', (text) => {
    shown += text;
  });
  return { input, output, shown: () => shown };
}

test('every Enter is heard until one stops listening', async () => {
  const ends = terminal(true);
  let pressed = 0;
  const stop = onEnter(ends, () => {
    pressed += 1;
  });
  ends.input.write('\n\n');
  await expect.poll(() => pressed).toBe(2);
  stop();
});

test('a secret is read without being shown', async () => {
  const ends = terminal(true);
  const answer = askSecret(ends, 'Password: ');
  ends.input.write('canary-8812\n');
  expect(await answer).toBe('canary-8812');
  await expect.poll(ends.shown).toBe('Password: \n');
});

test('where nobody types, nothing is asked and nothing is waited for', async () => {
  const ends = terminal(false);
  expect(await askSecret(ends, 'Password: ')).toBeNull();
  onEnter(ends, () => undefined)();
  expect(ends.shown()).toBe('');
});

test('the end of input is no password', async () => {
  const ends = terminal(true);
  const answer = askSecret(ends, 'Password: ');
  ends.input.end();
  expect(await answer).toBeNull();
});
