import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { checkUrl, targetOf } from '../../../src/delivery/egress/check-url.ts';
import { EgressClient } from '../../../src/delivery/egress/egress-client.ts';
import { resolveNames } from '../../../src/delivery/egress/resolve-names.ts';
import { type EgressPolicy, parseAllowList } from '../../../src/delivery/egress/policy.ts';
import { isPublicAddress } from '../../../src/delivery/egress/public-address.ts';
import { retryAfterMs } from '../../../src/delivery/egress/retry-after.ts';

const open: EgressPolicy = { httpsOnly: false, allow: [] };
const policyOf = (...entries: readonly string[]): EgressPolicy => {
  const parsed = parseAllowList(entries);
  if (!parsed.ok) throw new Error(parsed.problem);
  return { httpsOnly: false, allow: parsed.targets };
};

const refused = {
  loopback: [
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://127.0.0.1.:80/',
    'http:127.0.0.1/',
    'http:\\\\127.0.0.1\\',
    ' http://127.0.0.1/',
    'h\u0009ttp://127.0.0.1/',
    'http://%31%32%37.0.0.1/',
    'http://\uff11\uff12\uff17.0.0.1/',
    'http://127\u30020\u30020\u30021/',
    'http://127.0.0.1\\@example.com/',
    'http://127.0.0.1#@example.com/',
  ],
  unspecified: ['http://0/', 'http://0.0.0.0/', 'http://0.1.2.3/', 'http://[::]/'],
  'inner names': [
    'http://localhost/',
    'http://localhost./',
    'http://loc\u00adalhost/',
    'http://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/',
    'http://metadata/',
    'http://metadata.google.internal/computeMetadata/v1/',
    'http://host.docker.internal/',
    'https://printer.lan/',
  ],
  'IPv6 that is not public': [
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[0000:0000:0000:0000:0000:ffff:0a00:0001]/',
    'http://[::ffff:0:127.0.0.1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[64:ff9b:1::a00:1]/',
    'http://[2002:a9fe:a9fe::1]/',
    'http://[2001:0:7f00:1::]/',
    'http://[2001:db8::1]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/latest/meta-data/',
    'http://[fec0::1]/',
    'http://[ff02::1]/',
    'http://[5f00::1]/',
    'http://[4000::1]/',
  ],
  'data of the cloud': [
    'http://169.254.169.254/latest/meta-data/',
    'http://0251.0376.0251.0376/',
    'http://100.100.100.200/latest/meta-data/',
    'http://168.63.129.16/metadata',
  ],
  'private and reserved': [
    'http://10.0.0.1/',
    'http://172.16.5.4/',
    'http://192.168.257/',
    'http://0300.0250.0.1/',
    'http://100.64.0.1/',
    'http://192.0.2.1/',
    'http://198.18.0.1/',
    'http://224.0.0.1/',
    'http://240.0.0.1/',
    'http://255.255.255.255/',
  ],
  'what is no URL': [
    'http://[fe80::1%25eth0]/',
    'http://127.0.0.1:80:80/',
    'http://256.256.256.256/',
    'http://127.0.0.1%00.example.com/',
    'example.com',
    '',
    'http://',
    `https://example.com/${'a'.repeat(2048)}`,
  ],
  'other protocols, user names, fragments and ports': [
    'file:///etc/passwd',
    'gopher://127.0.0.1:6379/_INFO',
    'unix:///var/run/docker.sock',
    'ftp://example.com/',
    'http://example.com@127.0.0.1/',
    'https://user:secret@example.com/',
    'https://example.com/#part',
    'http://example.com:22/',
    'http://example.com:25/',
    'http://example.com:6379/',
    'http://example.com:9200/',
  ],
} as const;

describe('the address of a webhook', () => {
  it.each(Object.entries(refused).flatMap(([kind, urls]) => urls.map((url) => [kind, url] as const)))(
    'is refused: %s, %j',
    (_kind, url) => {
      const checked = checkUrl(url, open);
      expect(checked.ok).toBe(false);
      // What lies behind an address is nobody's business.
      expect(checked.ok ? '' : checked.problem).not.toMatch(/loopback|private|metadata/);
    },
  );

  it.each([
    'https://example.com/hooks?a=1',
    'http://example.com:8080/',
    'https://hooks.example.org:8443/x',
    'https://93.184.216.34/',
    'https://[2606:2800:220:1:248:1893:25c8:1946]/',
    'https://xn--bcher-kva.example/',
    'https://example.com./',
  ])('is taken: %s', (url) => {
    expect(checkUrl(url, open)).toMatchObject({ ok: true });
  });

  it('must be https where that is asked for', () => {
    expect(checkUrl('http://example.com/', { httpsOnly: true, allow: [] }).ok).toBe(false);
    expect(checkUrl('https://example.com/', { httpsOnly: true, allow: [] }).ok).toBe(true);
  });

  it('may be another one where the operator says so: that network, that host, that port, and nothing beside', () => {
    const policy = policyOf('10.1.0.0/16', '127.0.0.1:9000', 'hooks.internal', '[fd00::1]:8080');
    const taken = (url: string): boolean => checkUrl(url, policy).ok;
    expect(
      ['http://10.1.2.3/', 'http://127.0.0.1:9000/', 'https://hooks.internal/', 'http://[fd00::1]:8080/'].map(taken),
    ).toEqual([true, true, true, true]);
    expect(
      [
        'http://10.2.0.1/',
        'http://127.0.0.1:9001/',
        'http://x.hooks.internal/',
        'http://[fd00::1]:8081/',
        'http://hooks.internal:22/',
      ].map(taken),
    ).toEqual([false, false, false, false, false]);
  });

  it.each(['10.0.0.0/33', '127.0.0.1:99999', 'not a name', '999.1.1.1', ''])('cannot be allowed by %j', (entry) => {
    expect(parseAllowList([entry]).ok).toBe(false);
  });
});

describe('a public address', () => {
  const v4 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
  const blocks: readonly (readonly [string, number])[] = [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 3],
  ];
  const numberOf = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

  it('lies in none of the special ranges, in any spelling', () => {
    fc.assert(
      fc.property(fc.constantFrom(...blocks), v4, ([base, bits], any) => {
        const mask = bits === 0 ? 0 : (-1 << (32 - bits)) >>> 0;
        const address = dotted((((numberOf(base) & mask) >>> 0) | (any & ~mask)) >>> 0);
        expect(isPublicAddress(address)).toBe(false);
        expect(isPublicAddress(`::ffff:${address}`)).toBe(false);
        expect(isPublicAddress(`::${address}`)).toBe(false);
        expect(isPublicAddress(`64:ff9b::${address}`)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it('is any other of IPv4 but those of the clouds and relays, by the same rule for both spellings', () => {
    fc.assert(
      fc.property(v4, (value) => {
        const isSpecial = blocks.some(([base, bits]) => {
          const size = 2 ** (32 - bits);
          return Math.floor(value / size) === Math.floor(numberOf(base) / size);
        });
        fc.pre(!isSpecial && !dotted(value).startsWith('192.88.99.') && dotted(value) !== '168.63.129.16');
        expect(isPublicAddress(dotted(value))).toBe(true);
        expect(isPublicAddress(`::ffff:${dotted(value)}`)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('is none that is no address, whatever text it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(isPublicAddress(`${text}x`)).toBe(false);
      }),
    );
  });
});

/** An answer with one IPv4 address; questions for anything else get none. */
function dnsAnswer(question: Buffer, address: readonly number[]): Buffer {
  const end = question.indexOf(0, 12) + 5;
  const isV4 = question.readUInt16BE(end - 4) === 1;
  const head = Buffer.from([question[0]!, question[1]!, 0x81, 0x80, 0, 1, 0, isV4 ? 1 : 0, 0, 0, 0, 0]);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address]);
  return Buffer.concat([head, question.subarray(12, end), ...(isV4 ? [record] : [])]);
}

describe('a request to an address of somebody', () => {
  let reply: (request: IncomingMessage, response: ServerResponse) => void;
  const server = createServer((request, response) => {
    reply(request, response);
  });
  const clients: EgressClient[] = [];
  let port: number;
  let hits = 0;

  beforeAll(async () => {
    server.on('connection', () => hits++);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    server.closeAllConnections();
    server.close();
  });

  type Answers = (hostname: string) => readonly { readonly address: string; readonly family: number }[];
  const clientOf = (policy: EgressPolicy, answers?: Answers): EgressClient => {
    const client = new EgressClient({
      policy,
      ...(answers && {
        lookup: (hostname, _options, callback) => {
          queueMicrotask(() => {
            callback(null, [...answers(hostname)]);
          });
        },
      }),
    });
    clients.push(client);
    return client;
  };
  const post = (client: EgressClient, url: string, more: object = {}) =>
    client.post({
      target: targetOf(new URL(url)),
      headers: { 'x-custom': 'value' },
      body: Buffer.from('{}'),
      deadlineMs: 5000,
      maxResponseBytes: 1000,
      ...more,
    });
  const here = (): EgressPolicy => policyOf(`127.0.0.1:${String(port)}`);
  const v4 = (address: string) => ({ address, family: 4 });

  it('is made where that is allowed, and tells what was answered', async () => {
    reply = (request, response) => {
      response
        .writeHead(202, { 'retry-after': '3' })
        .end(`${request.method ?? ''} ${String(request.headers['x-custom'])}`);
    };
    const answer = await post(clientOf(here()), `http://127.0.0.1:${String(port)}/x?y=1`);
    expect(answer).toMatchObject({
      kind: 'answered',
      status: 202,
      retryAfterMs: 3000,
      bodyExcerpt: 'POST value',
      bodyTruncated: false,
    });
  });

  it.each([
    ['a private address', [v4('10.0.0.1')]],
    ['a public and a private one', [v4('93.184.216.34'), v4('127.0.0.1')]],
    ['a private and a public one', [v4('127.0.0.1'), v4('93.184.216.34')]],
    ['IPv6 that means this machine', [{ address: '::ffff:127.0.0.1', family: 6 }]],
    ['nothing', []],
  ])('connects to nothing when the name stands for %s', async (_what, addresses) => {
    const before = hits;
    const answer = await post(
      clientOf(open, () => addresses),
      `http://rebind.example:${String(port)}/`,
    );
    expect(answer).toMatchObject({ kind: 'failed', code: 'blocked' });
    expect(hits).toBe(before);
  });

  it('connects to nothing when the name stands for something else by the time that it is dialled', async () => {
    const before = hits;
    let asked = 0;
    const client = clientOf(open, () => (asked++ === 0 ? [v4('192.0.2.1')] : [v4('127.0.0.1')]));
    for (let i = 0; i < 2; i++)
      expect(await post(client, `http://rebind.example:${String(port)}/`)).toMatchObject({ code: 'blocked' });
    expect(hits).toBe(before);
  });

  it('waits for no name but its own: silent name servers of others hold nobody up', async () => {
    reply = (_request, response) => response.end('taken');
    const nameServer = createSocket('udp4');
    nameServer.on('message', (question, { port: from, address }) => {
      if (!question.includes('silent')) nameServer.send(dnsAnswer(question, [127, 0, 0, 1]), from, address);
    });
    nameServer.bind(0, '127.0.0.1');
    await once(nameServer, 'listening');
    const policy = here();
    const client = new EgressClient({
      policy,
      lookup: resolveNames(policy, [`127.0.0.1:${String(nameServer.address().port)}`]),
    });
    clients.push(client);
    const silent = Array.from({ length: 50 }, (_, i) =>
      post(client, `http://silent${String(i)}.example.com:${String(port)}/`, { deadlineMs: 60_000 }),
    );
    const first = await Promise.race([...silent, post(client, `http://answers.example.com:${String(port)}/`)]);
    expect(first).toMatchObject({ kind: 'answered', bodyExcerpt: 'taken' });
    await client.close();
    await Promise.all(silent);
    nameServer.close();
  });

  it('connects to no literal that is not allowed, also when nobody has checked its text', async () => {
    const before = hits;
    for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', '0', '2130706433'])
      expect(await post(clientOf(open), `http://${host}:${String(port)}/`)).toMatchObject({ code: 'blocked' });
    expect(hits).toBe(before);
  });

  it.each([301, 302, 303, 307, 308])('follows no redirect (%i)', async (status) => {
    let requests = 0;
    reply = (_request, response) => {
      requests++;
      response.writeHead(status, { location: `http://127.0.0.1:${String(port)}/secret` }).end();
    };
    expect(await post(clientOf(here()), `http://127.0.0.1:${String(port)}/`)).toMatchObject({
      kind: 'answered',
      status,
    });
    expect(requests).toBe(1);
  });

  it('asks no proxy of the environment', async () => {
    process.env.HTTP_PROXY = 'http://127.0.0.1:9';
    process.env.http_proxy = 'http://127.0.0.1:9';
    reply = (_request, response) => response.end('direct');
    try {
      expect(await post(clientOf(here()), `http://127.0.0.1:${String(port)}/`)).toMatchObject({
        bodyExcerpt: 'direct',
      });
    } finally {
      delete process.env.HTTP_PROXY;
      delete process.env.http_proxy;
    }
  });

  it('ends at its deadline, whoever hangs, drips or never ends', async () => {
    const replies: ((request: IncomingMessage, response: ServerResponse) => void)[] = [
      () => undefined,
      (_request, response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write('x'), 10);
        response.on('close', () => {
          clearInterval(timer);
        });
      },
    ];
    const answers = [];
    for (const each of replies) {
      reply = each;
      answers.push(await post(clientOf(here()), `http://127.0.0.1:${String(port)}/`, { deadlineMs: 150 }));
    }
    expect(answers[0]).toMatchObject({ kind: 'failed', code: 'timeout' });
    // The status had come: it is what counts.
    expect(answers[1]).toMatchObject({ kind: 'answered', status: 200, bodyTruncated: true });
  });

  it('reads no more than its limit, of endless bodies and of what unpacks to one', async () => {
    reply = (_request, response) => {
      const flood = (): void => {
        while (response.write('y'.repeat(65_536))) if (response.destroyed) return;
        response.once('drain', flood);
      };
      flood();
    };
    const endless = await post(clientOf(here()), `http://127.0.0.1:${String(port)}/`);
    const bomb = gzipSync(Buffer.alloc(200_000_000));
    reply = (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    const before = process.memoryUsage().rss;
    const unpacked = await post(clientOf(here()), `http://127.0.0.1:${String(port)}/`);
    for (const answer of [endless, unpacked]) {
      expect(answer).toMatchObject({ kind: 'answered', status: 200, bodyTruncated: true });
      expect(answer.kind === 'answered' ? answer.bodyExcerpt.length : 0).toBe(1000);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
  });

  it('fails with a word when the answer is no HTTP, too long a head, or a closed connection', async () => {
    const answers = ['garbage\r\n\r\n', `HTTP/1.1 200 OK\r\n${'x-a: b\r\n'.repeat(20_000)}\r\n`, ''];
    const codes = [];
    for (const text of answers) {
      const raw = createTcpServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => socket.end(text));
      });
      raw.listen(0, '127.0.0.1');
      await once(raw, 'listening');
      const at = (raw.address() as AddressInfo).port;
      const answer = await post(clientOf(policyOf(`127.0.0.1:${String(at)}`)), `http://127.0.0.1:${String(at)}/`);
      codes.push(answer.kind === 'failed' ? answer.code : answer.kind);
      raw.close();
    }
    expect(codes).toEqual(['protocol_error', 'protocol_error', 'connection_reset']);
    const free = createTcpServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const at = (free.address() as AddressInfo).port;
    free.close();
    await once(free, 'close');
    const gone = await post(clientOf(policyOf('127.0.0.1')), `http://127.0.0.1:${String(at)}/`);
    expect(gone).toMatchObject({ code: 'connection_refused' });
    expect(gone.kind === 'failed' ? gone.message : '').not.toContain('127.0.0.1');
  });

  it('can be given up, and says so', async () => {
    reply = () => undefined;
    const client = clientOf(here());
    const asked = post(client, `http://127.0.0.1:${String(port)}/`);
    setTimeout(() => {
      void client.close();
    }, 20);
    expect(await asked).toMatchObject({ kind: 'failed', code: 'aborted' });
    const late = await post(client, `http://127.0.0.1:${String(port)}/`);
    expect(late).toMatchObject({ kind: 'failed', code: 'aborted' });
  });

  it('is not given up once the status of its answer has come', async () => {
    const { promise: begun, resolve: begins } = Promise.withResolvers<undefined>();
    reply = (request, response) => {
      if (request.url === '/later') response.end();
      else
        response.writeHead(202).write('so far', () => {
          begins(undefined);
        });
    };
    const client = clientOf(here());
    const asked = post(client, `http://127.0.0.1:${String(port)}/`);
    await begun;
    // What was sent before this was asked for is here when this is answered, or in the next turn of the loop.
    await post(client, `http://127.0.0.1:${String(port)}/later`);
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    await client.close();
    expect(await asked).toMatchObject({ kind: 'answered', status: 202, bodyExcerpt: 'so far', bodyTruncated: true });
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['0', 0],
    ['1.5', 1500],
    ['Thu, 01 Jan 1970 00:01:00 GMT', 59_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['-5', null],
    ['soon', null],
    ['', null],
    ['1e9', null],
  ])('of %j means %s ms', (text, expected) => {
    expect(retryAfterMs(text, 1000)).toBe(expected);
  });
});
