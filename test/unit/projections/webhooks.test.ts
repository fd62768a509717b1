import { join } from 'node:path';

import { expect, it } from 'vitest';

import { projections } from '../../../projections/index.ts';
import { openReplays, pendingByKey } from '../../../projections/webhooks/queries.ts';
import { defaultSettings } from '../../../src/delivery/webhook-settings.ts';
import type { NewEvent } from '../../../src/event-log/event-log.ts';
import { ReadModels } from '../../../src/projecting/read-models.ts';
import { recorded } from '../../support/recorded.ts';
import { tempDir } from '../../support/temp-dir.ts';

const dir = tempDir();
let files = 0;

function modelsOf(...events: readonly (readonly [stream: string, event: NewEvent])[]): ReadModels {
  const models = ReadModels.create(join(dir, String(files++)), projections, 'epoch');
  models.apply(recorded(...events), events.length);
  return models;
}

const created: NewEvent = {
  type: 'WebhookCreated',
  data: { owner: 'user_a', settings: { ...defaultSettings, eventTypes: ['*'] } },
};
const replayed = (replay: string): NewEvent => ({
  type: 'WebhookReplayRequested',
  data: { replay, from: 0, until: null, scope: 'all' },
});
const deleted: NewEvent = { type: 'WebhookDeleted', data: {} };
const emitted = (key: string): NewEvent => ({
  type: 'EventEmitted',
  data: { name: 'e', owner: 'user_a', key, data: {} },
});

it('replays of a webhook that was deleted are not to be gone on with', () => {
  const story = [
    ['hook_a', created],
    ['hook_a', replayed('one')],
    ['hook_b', created],
    ['hook_b', replayed('two')],
    ['hook_a', deleted],
  ] as const;
  expect(openReplays(modelsOf(...story)).map(({ replay }) => replay)).toEqual(['two']);
});

it('what waits by key is some of each key from its first one on, and of a key that has to wait that one only', () => {
  const emittedIn = (i: number, key: string) => [`evt_${String(i)}`, emitted(key)] as const;
  const keys = ['a', 'a', 'a', 'a', 'b', 'b', 'c'];
  const story = [['hook_a', created], ...keys.map((key, i) => emittedIn(i, key))] as const;
  const failed = (webhook: string, event: string, id: string): readonly [string, NewEvent] => [
    id,
    {
      type: 'DeliveryAttemptFailed',
      data: {
        ...{ webhook, event, attempt: 1, trigger: 'event', statusCode: 500, errorCode: 'http_error', message: '' },
        ...{ durationMs: 1, requestHeaders: {}, responseExcerpt: '', responseTruncated: false, nextAttemptAtMs: 1e9 },
      },
    },
  ];
  const listed = (limit: number, ...more: readonly (readonly [string, NewEvent])[]) => {
    const { rows, more: hasMore } = pendingByKey(modelsOf(...story, ...more), 'hook_a', 1e6, limit);
    return [rows.map(({ event, orderKey }) => orderKey + event.replace(/\D/g, '')), hasMore];
  };
  expect(listed(5)).toEqual([['a00', 'b40', 'c60', 'a10', 'b50'], true]);
  expect(listed(7)).toEqual([['a00', 'b40', 'c60', 'a10', 'b50', 'a20', 'a30'], false]);
  const first = pendingByKey(modelsOf(...story), 'hook_a', 1e6, 1).rows[0]!;
  expect(listed(7, failed('hook_a', first.event, first.id))).toEqual([['b40', 'c60', 'a00', 'b50'], true]);
});
