import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { StartupPlaces } from '../../../src/gateway/door/startup-places.ts';

/** As much of a socket as places look at. */
class FakeSocket extends EventEmitter {
  destroyed = false;
  destroy(): this {
    this.destroyed = true;
    this.emit('close');
    return this;
  }
}
interface FakeClient {
  readonly name: string;
  readonly host: string;
  readonly socket: Socket;
}
const client = (name: string, host = '127.0.0.1'): FakeClient => ({
  name,
  host,
  socket: new FakeSocket() as unknown as Socket,
});

function world(limit: number) {
  const displaced: string[] = [];
  const places = new StartupPlaces<FakeClient>(({ name }) => displaced.push(name), limit);
  return { places, displaced };
}

test('beyond the limit the oldest gives way, and knows it', () => {
  const { places, displaced } = world(2);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => client(name));
  if (!a || !b || !c) throw new Error('three clients');
  const [first, second] = [a, b, c].map((one) => places.take(one));
  expect({ displaced, taken: places.taken, gone: [a, b, c].map(({ socket }) => socket.destroyed) }).toEqual({
    displaced: ['a'],
    taken: 2,
    gone: [true, false, false],
  });
  expect([first?.gaveWay, second?.gaveWay]).toEqual([true, false]);
});

test('the address that has most gives way: many of one keep nobody of another out', () => {
  const { places, displaced } = world(3);
  places.take(client('honest', '10.0.0.2'));
  for (const name of ['1', '2', '3', '4']) places.take(client(name, '10.0.0.1'));
  expect(displaced).toEqual(['1', '2']);
});

test('who is being judged or is in gives way to nobody, and counts again when it failed', () => {
  const { places, displaced } = world(1);
  const place = places.take(client('judged'));
  place.leave();
  places.take(client('next'));
  expect(displaced).toEqual([]);
  place.enter();
  expect({ displaced, taken: places.taken }).toEqual({ displaced: ['next'], taken: 1 });
  place.enter();
  expect(places.taken).toBe(1);
});

test('a place ends with its connection, and is not taken again after it', () => {
  const { places } = world(2);
  const gone = client('gone');
  const place = places.take(gone);
  gone.socket.destroy();
  place.leave();
  place.enter();
  expect(places.taken).toBe(0);
});
