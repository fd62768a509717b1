import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { TestServer } from '../support/platform.ts';
import { samplesOf } from '../support/scrape.ts';
import { tempDir } from '../support/temp-dir.ts';

const base = tempDir();
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start(join(base, 'data'), ['--runner=inline']);
});
afterAll(() => server.stop());

async function scrape(): Promise<ReadonlyMap<string, number>> {
  const { status, headers, body } = await server.call('GET', '/metrics', { token: server.adminKey });
  expect(status).toBe(200);
  expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return samplesOf(String(body));
}

describe('what a running server measures', () => {
  it('moves with the executions: appends, how long they took, and events by type', async () => {
    const before = await scrape();
    const { token } = await server.newUser();
    for (let i = 0; i < 5; i++) expect((await server.run(token, 'noop')).status).toBe(200);
    const after = await scrape();
    const grown = (sample: string): number => (after.get(sample) ?? 0) - (before.get(sample) ?? 0);
    // Request and start share one append where a place is free; the end is another one.
    expect(grown('ihuman_log_appends_total{outcome="accepted"}')).toBeGreaterThanOrEqual(10);
    expect(grown('ihuman_log_append_duration_seconds_count')).toBe(
      grown('ihuman_log_appends_total{outcome="accepted"}') + grown('ihuman_log_appends_total{outcome="conflict"}'),
    );
    expect(grown('ihuman_log_append_duration_seconds_sum')).toBeGreaterThan(0);
    expect(grown('ihuman_events{type="ExecutionCompleted"}')).toBe(5);
    expect(grown('ihuman_log_head_position')).toBeGreaterThanOrEqual(10);
  });

  it('has histograms whose buckets only grow and end with all values', async () => {
    const samples = await scrape();
    const buckets = [...samples].filter(([name]) => name.startsWith('ihuman_log_append_duration_seconds_bucket'));
    const counts = buckets.map(([, count]) => count);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(buckets.at(-1)).toEqual([
      'ihuman_log_append_duration_seconds_bucket{le="+Inf"}',
      samples.get('ihuman_log_append_duration_seconds_count'),
    ]);
  });

  it('counts an append that was refused under its expectation', async () => {
    const conflicts = 'ihuman_log_appends_total{outcome="conflict"}';
    const before = await scrape();
    const { log, clock } = server.platform.services;
    const request = {
      stream: 'exec_conflict',
      events: [{ type: 'ExecutionProgressed', data: { attempt: 1, progress: 1, status: null } }],
      expected: 'exists',
      actor: 'test',
      atMs: clock.now(),
    } as const;
    expect((await log.append(request)).outcome).toBe('conflict');
    expect((await scrape()).get(conflicts)).toBe((before.get(conflicts) ?? 0) + 1);
  });

  it('says nothing of Kafka where the log is a file', async () => {
    expect([...(await scrape()).keys()].filter((name) => name.startsWith('ihuman_kafka'))).toEqual([]);
  });
});
