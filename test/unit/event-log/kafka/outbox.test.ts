import { afterEach, describe, expect, it } from 'vitest';

import { Outbox, type Pending } from '../../../../src/event-log/kafka/outbox.ts';
import type { LogRecord } from '../../../../src/event-log/kafka/transport.ts';
import { AppError } from '../../../../src/kernel/errors.ts';
import { until } from '../../../support/until.ts';

const megabyte = 1024 * 1024;
const hourMs = 3_600_000;
const never = (): Promise<void> => new Promise(() => undefined);

const opened: Outbox<Pending, string>[] = [];
afterEach(() => {
  for (const outbox of opened.splice(0)) outbox.close(new AppError('OUTCOME_UNKNOWN'));
});

function openOutbox(
  produce: (records: readonly LogRecord[]) => Promise<void>,
  { resendMs = hourMs, outcomeMs = hourMs } = {},
): Outbox<Pending, string> {
  const outbox = new Outbox<Pending, string>({ produce, resendMs, outcomeMs });
  opened.push(outbox);
  return outbox;
}

const pendingOf = (bytes: number): Pending => ({ record: { key: 'k', headers: {}, value: new Uint8Array(bytes) } });

describe('what waits for the cluster', () => {
  it('is bounded in bytes: more is refused at once, and taken again when some of it has come back', async () => {
    const outbox = openOutbox(never);
    const sent: Promise<string>[] = [];
    const send = (): void => {
      sent.push(outbox.send(String(sent.length), pendingOf(megabyte)));
    };
    expect(() => {
      for (let i = 0; i < 1000; i++) send();
    }).toThrow(expect.objectContaining({ code: 'BUSY', retryAfterMs: 1000 }));
    const held = sent.length;
    expect(held).toBeGreaterThan(10);
    expect(held).toBeLessThan(100);
    expect(outbox.size).toBe(held);
    outbox.settle('0', 'done');
    expect(await sent[0]).toBe('done');
    send();
    expect(outbox.size).toBe(held);
    for (const promise of sent.slice(1)) promise.catch(() => undefined);
  });

  it('is bounded in number', () => {
    const outbox = openOutbox(never);
    expect(() => {
      for (let i = 0; i < 100_000; i++) outbox.send(String(i), pendingOf(0)).catch(() => undefined);
    }).toThrow(expect.objectContaining({ code: 'BUSY' }));
  });

  it('is sent again soon when the request failed, long before an answer would be missed', async () => {
    let requests = 0;
    const outbox = openOutbox(() => (requests++ === 0 ? Promise.reject(new Error('cut')) : never()));
    const sent = outbox.send('a', pendingOf(1));
    await until('it is sent again', () => requests === 2);
    outbox.settle('a', 'done');
    expect(await sent).toBe('done');
  });
});

describe('a cluster that does not answer', () => {
  it('is asked with one record at a time, and others are refused at once, until something comes back', async () => {
    const outbox = openOutbox(() => Promise.reject(new Error('away')), { outcomeMs: 1 });
    await expect(outbox.send('a', pendingOf(1))).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    const probe = outbox.send('b', pendingOf(1));
    expect(() => outbox.send('c', pendingOf(1))).toThrow(
      expect.objectContaining({ code: 'LOG_UNAVAILABLE', retryAfterMs: 1000 }),
    );
    const together = outbox.send('b', pendingOf(1));
    outbox.settle('b', 'done');
    expect(await Promise.all([probe, together])).toEqual(['done', 'done']);
    const [c, d] = [outbox.send('c', pendingOf(1)), outbox.send('d', pendingOf(1))];
    outbox.settle('c', 'done');
    outbox.settle('d', 'done');
    expect(await Promise.all([c, d])).toEqual(['done', 'done']);
  });
});
