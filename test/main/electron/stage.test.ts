import { expect, test } from 'vitest';
import { connect, memoryPorts } from '../../../src/contract/index.ts';
import { createDesk } from '../../../src/main/desk/desk.ts';
import { createStage } from '../../../src/main/electron/stage.ts';
import { createSealDesk } from '../../../src/main/seal/seal-desk.ts';
import { aSealView, deskPorts, fakeSeal } from '../support/fakes.ts';

function aStage() {
  const did: string[] = [];
  const closers: (() => void)[] = [];
  const clients: ReturnType<typeof connect>[] = [];
  const stage = createStage((desk, closed) => {
    const [near, far] = memoryPorts();
    desk.attach(near);
    clients.push(connect(far));
    closers.push(closed);
    return {
      loadURL: async (url: string) => void did.push(url),
      show: () => void did.push('show'),
      focus: () => void did.push('focus'),
    };
  });
  return { stage, did, closers, clients };
}

test('a window opens only when there is a desk to show, once, and again after it was closed', () => {
  const { stage, did, closers, clients } = aStage();
  stage.open();
  expect(did).toEqual([]);
  stage.show(createDesk(deskPorts()));
  stage.open();
  stage.open('a-1');
  expect([did, clients.length]).toEqual([
    ['postern://desk/', 'show', 'focus', 'postern://desk/#/approvals/a-1', 'show', 'focus'],
    1,
  ]);
  closers[0]?.();
  expect(stage.window).toBeNull();
  stage.open();
  expect(clients).toHaveLength(2);
});

test('the window of a doubted seal becomes the gate’s, and is told', async () => {
  const { stage, clients } = aStage();
  stage.show(createSealDesk(fakeSeal(aSealView({ phase: 'doubted', doubt: 'changed' }))));
  stage.open();
  const [client] = clients;
  if (client === undefined) throw new Error('no window was made');
  expect(await client.call('seal.state', {})).toMatchObject({ phase: 'doubted' });
  await expect(client.call('connections.list', {})).rejects.toMatchObject({ code: 'gate_closed' });
  const told = new Promise((resolve) => client.on('seal.changed', resolve));
  stage.show(createDesk(deskPorts()));
  await told;
  expect(await client.call('seal.state', {})).toMatchObject({ phase: 'open' });
  expect(await client.call('connections.list', {})).toHaveLength(1);
});
