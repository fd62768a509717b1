import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type LocalKafka, startLocalKafka } from '../../infra/kafka/local-kafka.ts';
import { missingLocalKafka } from '../support/kafka.ts';
import { type Certificates, makeCertificates, missingForCertificates } from '../support/certificates.ts';
import { refusedStart, ServerProcess } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';

const base = tempDir();
const missing = await missingLocalKafka(await missingForCertificates());

const username = 'ihuman';
const password = 'password-canary-1';

describe.skipIf(missing !== null)('a broker that wants TLS and a password', { timeout: 120_000 }, () => {
  let kafka: LocalKafka;
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await makeCertificates(base);
    const security = { keyStore: certificates.keyStore, keyStorePassword: certificates.password, username, password };
    kafka = await startLocalKafka({ security });
  }, 120_000);
  afterAll(() => kafka.stop());

  const flags = (sasl: string, tls = true): string[] => [
    '--log=kafka',
    `--kafka-brokers=${kafka.brokers.join(',')}`,
    `--kafka-cell=secure-${sasl}`,
    `--kafka-tls=${String(tls)}`,
    `--kafka-sasl=${sasl}`,
    `--kafka-username=${username}`,
    '--feed-topic=secure.feed',
    '--runner=inline',
  ];
  const environment = (given = password): Record<string, string> => ({
    NODE_EXTRA_CA_CERTS: certificates.authority,
    IHUMAN_KAFKA_PASSWORD: given,
  });
  const newDir = (): string => mkdtempSync(join(base, 'node-'));

  it.each(['scram-sha-512', 'plain'])('takes a node that signs in with %s', async (sasl) => {
    const server = await ServerProcess.start(newDir(), flags(sasl), environment());
    const token = readFileSync(server.adminKeyFile, 'utf8').trim();
    const answer = await fetch(`${server.url}/api/skills/countdown/execute`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', prefer: 'wait=20' },
      body: '{"params":{"from":1,"intervalMs":1}}',
    });
    expect(await answer.json()).toMatchObject({ status: 'completed' });
    expect(await server.terminate()).toBe(0);
    expect(server.stderr()).not.toContain(password);
  });

  it('refuses a wrong password, and the start says so without showing it', async () => {
    const { code, stderr } = await refusedStart(newDir(), flags('scram-sha-512'), environment('password-canary-2'));
    expect(code).toBe(1);
    expect(stderr).toContain('cannot be used');
    expect(stderr).toMatch(/IHUMAN_KAFKA_USERNAME|IHUMAN_KAFKA_PASSWORD/);
    expect(stderr).not.toContain('password-canary');
  });

  it('is not trusted by a node that does not know its authority', async () => {
    const { code, stderr } = await refusedStart(newDir(), flags('plain'), { IHUMAN_KAFKA_PASSWORD: password });
    expect(code).toBe(1);
    expect(stderr).toContain('NODE_EXTRA_CA_CERTS');
    expect(stderr).not.toContain(password);
  });

  it('has nothing to say to a node that speaks in clear', async () => {
    const { code, stderr } = await refusedStart(newDir(), flags('none', false));
    expect(code).toBe(1);
    expect(stderr).toContain('IHUMAN_KAFKA_TLS');
  });
});
