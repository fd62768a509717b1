import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type LocalKafka, startLocalKafka } from '../../infra/kafka/local-kafka.ts';
import { makeAuthority, missingForAuthority, type TestAuthority } from '../support/authority.ts';
import { missingLocalKafka } from '../support/kafka.ts';
import { refusedStart, ServerProcess } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const base = tempDir();
const missing = await missingLocalKafka(await missingForAuthority());

const username = 'ihuman';
const password = 'correct-horse-battery';
const wrongPassword = 'canary-of-a-password';
/** The start of a broker, or of several servers in turn, on a machine that has much to do. */
const patienceMs = 240_000;

describe.skipIf(missing !== null)('a broker that wants TLS and a sign-in', () => {
  let authority: TestAuthority;
  let secure: LocalKafka;
  let open: LocalKafka;

  beforeAll(async () => {
    authority = await makeAuthority(join(base, 'authority'));
    const { keyStoreFile } = authority;
    [secure, open] = await Promise.all([
      startLocalKafka({ security: { keyStoreFile, username, password } }),
      startLocalKafka(),
    ]);
  }, patienceMs);
  afterAll(() => Promise.all([secure.stop(), open.stop()]));

  const newDir = (): string => mkdtempSync(join(base, 'node-'));
  const flagsFor = ({ brokers }: LocalKafka, cell = 'main'): readonly string[] => [
    '--log=kafka',
    `--kafka-brokers=${brokers.join(',')}`,
    `--kafka-cell=${cell}`,
    '--runner-slots=1',
  ];
  const signIn = (mechanism: string, name = username): readonly string[] => [
    '--kafka-tls=true',
    `--kafka-sasl=${mechanism}`,
    `--kafka-username=${name}`,
  ];
  const known = (): Record<string, string> => ({
    NODE_EXTRA_CA_CERTS: authority.caFile,
    IHUMAN_KAFKA_PASSWORD: password,
  });

  it.each(['scram-sha-512', 'scram-sha-256', 'plain'])(
    'takes a node that signs in with %s: it runs executions, keeps accounts, is a member of its cell, and stops',
    { timeout: patienceMs },
    async (mechanism) => {
      const flags = [...flagsFor(secure, mechanism), ...signIn(mechanism)];
      const server = await ServerProcess.start(newDir(), flags, known());
      const token = readFileSync(server.adminKeyFile, 'utf8').trim();
      const call = async <T>(path: string, body?: unknown): Promise<T> => {
        const response = await fetch(server.url + path, {
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
        });
        expect(response.ok).toBe(true);
        return (await response.json()) as T;
      };
      const countdown = { params: { from: 3, intervalMs: 10 } };
      const { executionId } = await call<{ executionId: string }>('/api/skills/countdown/execute', countdown);
      await until('it completes', async () => {
        const { status } = await call<{ status: string }>(`/api/executions/${executionId}`);
        return status === 'completed';
      });
      const account = { email: 'ann@example.org', username: 'ann', password: 'a long enough phrase' };
      await call('/api/auth/register', account);
      interface Status {
        readonly node: string;
        readonly cluster: { readonly nodes: readonly string[]; readonly shards: number };
      }
      await until('it is a member of its cell', async () => {
        const { node, cluster } = await call<Status>('/api/system/status');
        return cluster.nodes.includes(node) && cluster.shards === 64;
      });
      expect(await server.terminate()).toBe(0);
      expect(server.stdout() + server.stderr()).not.toContain(password);
    },
  );

  /** The start ends by itself, with one sentence that names the settings to look at and no stack, and tells no secret. */
  async function expectRefusal(
    flags: readonly string[],
    environment: Record<string, string>,
    named: readonly string[],
  ): Promise<void> {
    const { code, stderr } = await refusedStart(newDir(), flags, environment);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ihuman cannot start\. Kafka at 127\.0\.0\.1:\d+ cannot be used: /);
    for (const name of named) expect(stderr).toContain(name);
    expect(stderr).not.toContain('    at ');
    for (const secret of [password, wrongPassword]) expect(stderr).not.toContain(secret);
  }

  it.each(['scram-sha-512', 'scram-sha-256', 'plain'])(
    'refuses a wrong password with %s, and the start says which settings to check',
    { timeout: patienceMs },
    async (mechanism) => {
      const environment = { ...known(), IHUMAN_KAFKA_PASSWORD: wrongPassword };
      const flags = [...flagsFor(secure), ...signIn(mechanism)];
      await expectRefusal(flags, environment, ['IHUMAN_KAFKA_USERNAME', 'IHUMAN_KAFKA_PASSWORD', 'IHUMAN_KAFKA_SASL']);
    },
  );

  it('refuses a user whom it does not know', { timeout: patienceMs }, async () => {
    await expectRefusal([...flagsFor(secure), ...signIn('scram-sha-512', 'nobody')], known(), [
      'IHUMAN_KAFKA_USERNAME',
    ]);
  });

  it('is not trusted when nobody here knows its authority', { timeout: patienceMs }, async () => {
    const environment = { IHUMAN_KAFKA_PASSWORD: password, NODE_EXTRA_CA_CERTS: '' };
    await expectRefusal([...flagsFor(secure), ...signIn('scram-sha-512')], environment, ['NODE_EXTRA_CA_CERTS']);
  });

  it('is told from one that does not answer when a node speaks no TLS to it', { timeout: patienceMs }, async () => {
    await expectRefusal(flagsFor(secure), known(), ['IHUMAN_KAFKA_TLS', 'IHUMAN_KAFKA_SASL']);
  });

  it('asks for a sign-in when a node speaks TLS alone', { timeout: patienceMs }, async () => {
    await expectRefusal([...flagsFor(secure), '--kafka-tls=true'], known(), ['IHUMAN_KAFKA_SASL']);
  });

  it(
    'is wanted in vain: the start says that another one speaks no TLS, or takes no sign-in',
    { timeout: patienceMs },
    async () => {
      await expectRefusal([...flagsFor(open), '--kafka-tls=true'], known(), ['IHUMAN_KAFKA_TLS']);
      const flags = [...flagsFor(open), '--kafka-sasl=scram-sha-512', `--kafka-username=${username}`];
      await expectRefusal(flags, known(), ['IHUMAN_KAFKA_SASL']);
    },
  );
});

describe('a node that shall sign in', () => {
  it('is not started without a name and a password', async () => {
    const { code, stderr } = await refusedStart(join(base, 'nameless'), ['--log=kafka', '--kafka-sasl=plain']);
    expect(code).toBe(1);
    expect(stderr).toContain('IHUMAN_KAFKA_USERNAME is needed to sign in');
    expect(stderr).toContain('IHUMAN_KAFKA_PASSWORD is needed to sign in');
  });

  it('is told when nothing listens where the brokers should be', { timeout: patienceMs }, async () => {
    const { code, stderr } = await refusedStart(join(base, 'alone'), ['--log=kafka', '--kafka-brokers=127.0.0.1:1']);
    expect(code).toBe(1);
    expect(stderr).toContain('IHUMAN_KAFKA_BROKERS');
  });
});
