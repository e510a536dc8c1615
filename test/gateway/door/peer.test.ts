import { endianness } from 'node:os';
import { describe, expect, test } from 'vitest';
import { type Connection, createLinuxPeerReader, createPeerReader, isAllowed } from '../../../src/gateway/door/peer.ts';

const here: Connection = {
  clientAddress: '127.0.0.1',
  clientPort: 0xabcd,
  serverAddress: '127.0.0.1',
  serverPort: 0x1920,
};
/** A line as Linux prints it on a little-endian machine. */
const line = (local: string, remote: string, state: string, uid: number): string =>
  `   7: ${local} ${remote} ${state} 00000000:00000000 02:000A7F3C 00000000 ${String(uid).padStart(5)}        0 4711 2 0000000000000000 20 4 30 10 -1\n`;
const v4 = '0100007F';
const mapped = '0000000000000000FFFF00000100007F';
const v6 = '00000000000000000000000001000000';

describe.skipIf(endianness() === 'BE')('who a client on this machine is', () => {
  const asked = (text: string, connection: Connection = here) =>
    createLinuxPeerReader(() => Promise.resolve(text))(connection);

  test.each([
    ['IPv4', line(`${v4}:ABCD`, `${v4}:1920`, '01', 1000), here],
    ['IPv4 mapped into IPv6', line(`${mapped}:ABCD`, `${mapped}:1920`, '01', 1000), here],
    [
      'a dual-stack listener',
      line(`${v4}:ABCD`, `${v4}:1920`, '01', 1000),
      { ...here, clientAddress: '::ffff:127.0.0.1', serverAddress: '::ffff:127.0.0.1' },
    ],
    ['IPv6', line(`${v6}:ABCD`, `${v6}:1920`, '01', 1000), { ...here, clientAddress: '::1', serverAddress: '::1' }],
  ])('is told by its own entry: %s', async (_, text, connection) => {
    const others = line(`${v4}:1920`, `${v4}:ABCD`, '01', 7) + line(`${v4}:ABCE`, `${v4}:1920`, '01', 8);
    expect(await asked(others + text, connection)).toEqual({ known: true, uid: 1000 });
  });

  test('is not told by the entry of a connection that is over: it may show user 0', async () => {
    for (const state of ['04', '05', '06', '08']) {
      expect(await asked(line(`${v4}:ABCD`, `${v4}:1920`, state, 0))).toEqual({ known: false, refuse: true });
    }
  });

  test('a client that has no entry, or no tables to look in, is to be refused', async () => {
    expect(await asked(line(`${v4}:ABCD`, `${v4}:1921`, '01', 1000))).toEqual({ known: false, refuse: true });
    const unreadable = createLinuxPeerReader(() => Promise.reject(new Error('no /proc')));
    expect(await unreadable(here)).toEqual({ known: false, refuse: true });
  });

  test('an entry that the kernel passed over once is found', async () => {
    const texts = ['', line(`${v4}:ABCD`, `${v4}:1920`, '01', 5)];
    expect(await createLinuxPeerReader(async () => texts.shift() ?? '')(here)).toEqual({ known: true, uid: 5 });
  });

  test('clients that come at once share a reading that began after they came', async () => {
    let readings = 0;
    const read = createLinuxPeerReader(async () => {
      readings += 1;
      return line(`${v4}:ABCD`, `${v4}:1920`, '01', 5);
    });
    await Promise.all(Array.from({ length: 50 }, () => read(here)));
    expect(readings).toBe(1);
  });

  test('nothing is asked about another machine, nor on another platform', async () => {
    const nobody = { known: false, refuse: false };
    expect(await asked('', { ...here, clientAddress: '192.0.2.7' })).toEqual(nobody);
    expect(await createPeerReader('darwin')(here)).toEqual(nobody);
  });
});

test.each([
  ['the same user', { known: true, uid: 1000 }, 'own', true],
  ['root, who can read our memory anyway', { known: true, uid: 0 }, 'own', true],
  ['another user', { known: true, uid: 1001 }, 'own', false],
  ['another user who is listed', { known: true, uid: 1001 }, [1001], true],
  ['the same user beside the list', { known: true, uid: 1000 }, [1001], true],
  ['one who is not listed', { known: true, uid: 1002 }, [1001], false],
  ['anybody where all are allowed', { known: true, uid: 1002 }, 'any', true],
  ['one that the system should know and does not', { known: false, refuse: true }, 'own', false],
  ['one that it cannot know', { known: false, refuse: false }, 'own', true],
] as const)('of %s is decided as documented', (_, peer, allowed, expected) => {
  expect(isAllowed(peer, allowed, 1000)).toBe(expected);
});
