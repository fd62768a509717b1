import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { TestServer } from '../support/platform.ts';
import { describeWithPython, run } from '../support/python.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

type Seen = Readonly<Record<string, unknown>>;

const dir = tempDir();
const group = (expected: unknown, ...names: readonly string[]): Seen =>
  Object.fromEntries(names.map((name) => [name, expected]));
const numbered = (expected: unknown, name: string, numbers: readonly number[]): Seen =>
  group(expected, ...numbers.map((number) => `${name} ${number}`));

const pong = 'pong é😀';
const goodCloseCodes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
const badCloseCodes = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535];

/** What web_socket.py has to see in each of its cases. */
const expected = {
  frames: {
    ...group([1002, 'end'], 'a frame without a mask', 'a continuation of nothing'),
    ...group([1002, 'end'], 'a new message inside of a fragmented one'),
    ...group([1002, 'end'], 'a fragmented ping', 'a fragmented close'),
    ...group([1002, 'end'], 'a ping of 126 bytes', 'a close of 126 bytes', 'a close of one byte'),
    ...numbered([1002, 'end'], 'reserved bit', [1, 2, 3]),
    ...numbered([1002, 'end'], 'opcode', [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]),
    ...numbered([1002, 'end'], 'close code', badCloseCodes),
    ...group([1007, 'end'], 'text that is not UTF-8', 'text with an overlong form', 'text with a surrogate'),
    ...group([1007, 'end'], 'text beyond Unicode', 'text that ends inside of a character'),
    ...group([1007, 'end'], 'fragments that are not UTF-8 together', 'a close whose reason is not UTF-8'),
    ...group([1009, 'end'], 'a message over the limit', 'fragments over the limit together'),
    ...group([1009, 'end'], 'a length of 2^62', 'a length of 2^64 - 1'),
  },
  talk: {
    'a fragmented message with a ping inside': [`pong ${Buffer.from('mid').toString('hex')}`, pong],
    ...group([pong], 'a message byte by byte', 'a message right behind the handshake'),
    ...group([pong], 'a length written with eight bytes', 'a pong that nobody asked for'),
    'a message of exactly the limit': [65_536, 'pong 1'],
    'a ping without content': ['pong '],
    'a ping of 125 bytes': [true],
    'pings in a row': ['pong 00', 'pong 01', 'pong 02'],
    ...group(['error 107', pong], 'a binary message, then a good one', 'an empty message, then a good one'),
    'a close without a code': ['empty close', 'end'],
    'frames behind a close': [1000, 'end'],
    ...Object.fromEntries(goodCloseCodes.map((code) => [`close code ${code}`, [code, 'end']])),
  },
  handshakes: {
    ...group({ status: 101, accepted: true }, 'as it should be', 'in another spelling', 'with a page of this host'),
    ...group({ status: 101, accepted: true }, 'with compression on offer', 'with protocols that we do not know'),
    'with a protocol that we know': { status: 101, accepted: true, protocol: 'exec.v2' },
    ...group({ status: 400 }, 'without a key', 'with a short key', 'with a key that is not base64'),
    ...group({ status: 426 }, 'to something else'),
    ...group({ status: 400 }, 'with a list of protocols that is none'),
    ...group({ status: 400, versions: '13, 8' }, 'without a version', 'with version 12', 'with version 14'),
    ...group({ status: 401 }, 'without a token', 'with a wrong token'),
    ...group({ status: 403 }, 'with a page of another host', 'with a page of nowhere'),
    ...group({ status: 404 }, 'at another address', 'at an address that is none'),
    'by another method': { status: 405 },
  },
  library: {
    'an execution to its end': ['execution-progress', 'execution-complete'],
    'a message in fragments': 5,
    'a binary message': 'bad-request',
    'a close with a code': [3001, 'enough'],
    'the protocol for more': ['exec.v2', 'welcome'],
    'a message over the limit': 1009,
    'no token': 401,
  },
} satisfies Record<string, Seen>;

await describeWithPython('RFC 6455, checked by a client that is not ours', (python) => {
  let server: TestServer;
  let seen: Readonly<Record<string, Seen>>;

  beforeAll(async () => {
    server = await TestServer.start(dir, ['--runner=inline']);
    const { token } = await server.newUser();
    const { body } = await server.run(token, 'countdown', { params: { from: 2, intervalMs: 1 } });
    const script = join(import.meta.dirname, 'web_socket.py');
    const { code, stdout, output } = await run(python, [script, server.url, token, body.executionId]);
    expect(code, output).toBe(0);
    seen = JSON.parse(stdout) as typeof seen;
  });
  afterAll(() => server.stop());

  const titles: Readonly<Record<keyof typeof expected, string>> = {
    frames: 'a frame that breaks the protocol closes the connection with the code for it: %s',
    talk: 'what the protocol allows is answered: %s',
    handshakes: 'a handshake is taken or refused before anything else: %s',
    library: 'the library websockets understands us: %s',
  };
  describe.each(Object.entries(titles))('%s', (part, title) => {
    const cases = expected[part as keyof typeof expected] as Seen;

    it.each(Object.keys(cases))(title, (name) => {
      expect(seen[part]![name]).toEqual(cases[name]);
    });

    it('has no case without an expectation', () => {
      expect(Object.keys(seen[part]!).sort()).toEqual(Object.keys(cases).sort());
    });
  });

  it('all of it leaves no connection behind and a server that is alive', async () => {
    const { status, websocket } = await until('all are forgotten', async () => {
      const { body } = await server.call('GET', '/api/system/status', { token: server.adminKey });
      return body.websocket.totalConnections === 0 ? body : null;
    });
    expect([status, websocket.totalUsers]).toEqual(['ready', 0]);
  });
});
