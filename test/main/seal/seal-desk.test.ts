import { expect, test } from 'vitest';
import { connect, memoryPorts } from '../../../src/contract/index.ts';
import { installationOptions } from '../../../src/main/seal/installation-keeper.ts';
import type { SealKeeper } from '../../../src/main/seal/keeper.ts';
import { openKeeper } from '../../../src/main/seal/open-keeper.ts';
import { givenPassphrase } from '../../../src/main/seal/passphrase.ts';
import { createSealDesk } from '../../../src/main/seal/seal-desk.ts';
import { aPlace, type Place, passphrase } from './support.ts';

function at(keeper: SealKeeper) {
  const desk = createSealDesk(keeper);
  const [near, far] = memoryPorts();
  desk.attach(near);
  return { desk, client: connect(far) };
}

async function sealedPlace(): Promise<Place> {
  const place = await aPlace();
  await (await place.open()).close();
  return place;
}

test('before the seal holds, nothing but the seal is answered; then the gate is said to be opening', async () => {
  const keeper = await (await sealedPlace()).open(null);
  const { desk, client } = at(keeper);
  let events = 0;
  client.on('seal.changed', () => {
    events += 1;
  });
  for (const call of ['desk.overview', 'approvals.list', 'connections.list', 'agents.list'] as const) {
    await expect(client.call(call, {})).rejects.toMatchObject({ code: 'gate_closed' });
  }
  await expect(client.call('seal.unlock', { passphrase: 'wrong horse battery' })).rejects.toMatchObject({
    code: 'passphrase_wrong',
  });
  await expect(client.call('seal.change', { current: null, next: passphrase })).rejects.toMatchObject({
    code: 'seal_closed',
  });
  expect(await client.call('seal.unlock', { passphrase })).toMatchObject({ phase: 'opening' });
  await desk.settled;
  expect(await client.call('seal.state', {})).toMatchObject({ phase: 'opening', counter: 1 });
  await expect(client.call('seal.quit', {})).rejects.toMatchObject({ code: 'gate_open' });
  expect(events).toBe(3);
});

test('leaving is a decision for neither', async () => {
  const { desk, client } = at(await (await sealedPlace()).open(null));
  await client.call('seal.quit', {});
  await expect(desk.settled).rejects.toMatchObject({ code: 'seal_quit' });
});

test('two decisions at once are one', async () => {
  const place = await sealedPlace();
  const { rmSync } = await import('node:fs');
  rmSync(place.layout.seal);
  const keeper = await place.open(null);
  const { client } = at(keeper);
  const { found } = await client.call('seal.state', {});
  const views = await Promise.all([
    client.call('seal.accept', { found, passphrase }),
    client.call('seal.accept', { found, passphrase: 'another passphrase' }),
  ]);
  expect(views.map(({ counter }) => counter)).toEqual([1, 1]);
  await keeper.close();
  expect((await place.open()).phase).toBe('open');
});

test('the terminal has three tries, and none where nobody types', async () => {
  const place = await sealedPlace();
  const asked: string[] = [];
  const opened = (answers: (string | null)[]) =>
    openKeeper(
      {
        keychain: { missing: 'none in tests' },
        passphrase: null,
        ask: async (question) => {
          asked.push(question);
          return answers.shift() ?? null;
        },
        review: () => Promise.reject(new Error('the operator is asked')),
      },
      installationOptions(place.layout, 'ada'),
    );
  expect((await opened(['wrong horse battery', passphrase])).phase).toBe('open');
  await expect(opened([null])).rejects.toThrow('the operator is asked');
  await expect(opened(['one wrong', 'two wrong', 'three wrong', passphrase])).rejects.toMatchObject({
    code: 'passphrase_wrong',
  });
  expect(asked).toHaveLength(2 + 1 + 3);
});

test('a passphrase that came with the start is read once', () => {
  const environment: Record<string, string | undefined> = { POSTERN_PASSPHRASE: passphrase, HOME: '/home/ada' };
  const readDescriptor = (descriptor: number): string => {
    if (descriptor === 3) return `${passphrase}\n`;
    if (descriptor === 4) return '\n';
    throw new Error('EBADF: bad file descriptor');
  };
  expect(givenPassphrase(null, { environment, readDescriptor })).toBe(passphrase);
  expect(environment).toEqual({ HOME: '/home/ada' });
  expect(givenPassphrase(null, { environment, readDescriptor })).toBeNull();
  expect(givenPassphrase(3, { environment, readDescriptor })).toBe(passphrase);
  expect(() => givenPassphrase(4, { environment, readDescriptor })).toThrow('holds no passphrase');
  expect(() => givenPassphrase(9, { environment, readDescriptor })).toThrow('EBADF');
});
