import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { RunOutcome } from '../../../src/runner/run-outcome.ts';
import { SecretMask } from '../../../src/runner/mask-secrets.ts';

const ended = { durationMs: 1, artifacts: [] };
const completed = (result: never): RunOutcome => ({ kind: 'completed', result, ...ended });

/** As JSON brings it: it has no zero below zero. */
const jsonValue = fc.json().map((text) => JSON.parse(text) as unknown);

describe('the mask of secret parameters', () => {
  it('hides their values in every text, the longest first, and leaves the rest as it is', () => {
    const mask = new SecretMask({ token: 'hunter2', longer: 'hunter2-and-more', nested: { list: ['inner-secret'] } });
    expect(mask.text('hunter2-and-more, hunter2, inner-secret, hunter')).toBe('***, ***, ***, hunter');
  });

  it('does not take a very short value for a secret', () => {
    expect(new SecretMask({ flag: 'no', count: 12 }).text('no 12 nothing')).toBe('no 12 nothing');
  });

  it('hides them in progress, logs and errors', () => {
    const said: unknown[] = [];
    const mask = new SecretMask({ token: 'hunter2' });
    const events = mask.events({ progress: (...told) => said.push(told), log: (...told) => said.push(told) });
    events.progress(5, 'with hunter2');
    events.progress(6, null);
    events.log('info', 'hunter2!', 7);
    expect(said).toEqual([
      [5, 'with ***'],
      [6, null],
      ['info', '***!', 7],
    ]);
    const error = { code: 'SKILL_THREW', message: 'hunter2', stack: 'at hunter2' };
    expect(mask.outcome({ kind: 'failed', error, retryable: true, ...ended })).toMatchObject({
      error: { code: 'SKILL_THREW', message: '***', stack: 'at ***' },
    });
  });

  it('leaves no secret anywhere in a result', () => {
    const mask = new SecretMask({ token: 'hunter2', pin: 987654 });
    fc.assert(
      fc.property(jsonValue, fc.string(), (value, text) => {
        const result = { value, [`${text}hunter2`]: [987654, `${text}hunter2`, { deep: 'hunter2' }] };
        const masked = mask.outcome(completed(result as never));
        expect(JSON.stringify(masked)).not.toMatch(/hunter2|987654/);
        expect(masked).toMatchObject({ kind: 'completed', result: { value: JSON.parse(JSON.stringify(value)) } });
      }),
    );
  });
});
