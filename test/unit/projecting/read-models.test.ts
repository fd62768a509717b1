import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { projections } from '../../../projections/index.ts';
import { eventSchemas } from '../../../schemas/generated/schemas.ts';
import type { ExecutionEvent } from '../../../src/domain/execution/decide.ts';
import type { RecordedEvent } from '../../../src/event-log/event-log.ts';
import { schemaStream } from '../../../src/event-log/schema-stream.ts';
import { diffReadModels } from '../../../src/projecting/diff.ts';
import { foldInMemory } from '../../../src/projecting/memory-fold.ts';
import { ReadModels } from '../../../src/projecting/read-models.ts';
import { anyStory } from '../../support/any-story.ts';
import { anyEvent } from '../../support/event-arbitrary.ts';
import { recorded } from '../../support/recorded.ts';
import { tempDir } from '../../support/temp-dir.ts';

const dir = tempDir();
const retry = { maxAttempts: 1, initialDelayMs: 1, factor: 1, maxDelayMs: 1, maxLostAttempts: 1 };

/** What may happen to one execution, as steps of a story. */
function eventOf(step: string, owner: string): ExecutionEvent {
  switch (step) {
    case 'request':
      return {
        type: 'ExecutionRequested',
        data: {
          owner,
          skill: 'noop',
          skillVersion: '1',
          skillDigest: '',
          params: { a: [1] },
          secretParams: [],
          cause: 'api',
          causeId: null,
          priority: 0,
          dueAtMs: null,
          expiresAtMs: null,
          timeoutMs: 1,
          retry,
        },
      };
    case 'start':
      return {
        type: 'ExecutionStarted',
        data: { attempt: 1, node: 'n', mode: 'inline', limits: null, skillDigest: null },
      };
    case 'progress':
      return { type: 'ExecutionProgressed', data: { attempt: 1, progress: 33.5, status: 'x' } };
    case 'lost':
      return { type: 'ExecutionAttemptLost', data: { attempt: 1, node: 'n', retryAtMs: 5 } };
    case 'fail':
      return {
        type: 'ExecutionFailed',
        data: { attempt: 1, error: { code: 'X', message: 'y', stack: null }, durationMs: 1, artifacts: [] },
      };
    default:
      return {
        type: 'ExecutionCompleted',
        data: {
          attempt: 1,
          result: { ok: true },
          durationMs: 1,
          artifacts: [{ path: 'a', sizeBytes: 1, sha256: 'ab' }],
        },
      };
  }
}

const story = fc.array(
  fc.record({
    execution: fc.nat(4),
    step: fc.constantFrom('request', 'start', 'progress', 'lost', 'fail', 'complete'),
  }),
  { maxLength: 60 },
);

function record(steps: readonly { execution: number; step: string }[]): RecordedEvent[] {
  const revisions = new Map<string, number>();
  return steps.map(({ execution, step }, i) => {
    const stream = `exec_${execution}`;
    const revision = revisions.get(stream) ?? 0;
    revisions.set(stream, revision + 1);
    const event = eventOf(step, `user_${execution % 2}`);
    return {
      ...event,
      id: `${stream}@${revision}`,
      stream,
      revision,
      position: i + 1,
      atMs: 1000 + i,
      actor: 'user_a',
      causationId: null,
      correlationId: null,
    };
  });
}

const sorted = (rows: readonly object[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

describe('read models', () => {
  it('INV-4: hold the same rows however the log is cut into pages, across reopening, as a fold in one go', () => {
    let file = 0;
    fc.assert(
      fc.property(story, fc.array(fc.nat(60), { maxLength: 8 }), (steps, cuts) => {
        const events = record(steps);
        const path = join(dir, `${file++}.db`);
        let models = ReadModels.create(path, projections, 'epoch');
        let fresh = true;
        for (const end of [...new Set([...cuts.map((cut) => Math.min(cut, events.length)), events.length])].sort(
          (a, b) => a - b,
        )) {
          models.apply(events.slice(models.position, end), end);
          if (fresh) models.finish();
          else models.close();
          fresh = false;
          const again = ReadModels.open(path, projections, 'epoch', end);
          if (again === null) throw new Error('the file was refused');
          models = again;
        }
        for (const projection of projections) {
          const rows = foldInMemory(projection, events);
          for (const table of projection.tables) {
            expect(sorted(models.all(`SELECT * FROM ${table.name}`))).toEqual(sorted(rows.get(table.name) ?? []));
          }
        }
        models.close();
      }),
      { numRuns: 40 },
    );
  });

  it('of another log, of other versions, or ahead of the log are not used', () => {
    const path = join(dir, 'other.db');
    const models = ReadModels.create(path, projections, 'epoch');
    models.apply([], 10);
    models.finish();
    expect(ReadModels.open(path, projections, 'another', 10)).toBeNull();
    expect(ReadModels.open(path, projections, 'epoch', 9)).toBeNull();
    const newer = projections.map((projection) => ({ ...projection, version: projection.version + 1 }));
    expect(ReadModels.open(path, newer, 'epoch', 10)).toBeNull();
    ReadModels.open(path, projections, 'epoch', 10)?.close();
  });

  it('INV-4: rebuilt beside the live ones do not differ from them, whatever events of all types there are', () => {
    let file = 0;
    fc.assert(
      fc.property(anyStory, fc.array(fc.nat(70), { maxLength: 6 }), (story, cuts) => {
        const events = recorded(...story);
        const fold = (path: string, ends: readonly number[]): ReadModels => {
          ReadModels.create(path, projections, 'epoch').finish();
          const models = ReadModels.open(path, projections, 'epoch', events.length);
          if (models === null) throw new Error('the file was refused');
          for (const end of ends) models.apply(events.slice(models.position, end), Math.max(models.position, end));
          return models;
        };
        const [livePath, freshPath] = [join(dir, `live-${file}.db`), join(dir, `fresh-${file++}.db`)];
        const inPieces = [...cuts.map((cut) => Math.min(cut, events.length)), events.length].toSorted((a, b) => a - b);
        const live = fold(livePath, inPieces);
        const compared = diffReadModels(livePath, projections, (until) => {
          fold(freshPath, [until]).close();
          return freshPath;
        });
        live.close();
        expect(compared).toEqual({ position: events.length, differences: [] });
      }),
      { numRuns: 40 },
    );
  });

  it('hold what a fold in memory holds, whatever events of all types there are', () => {
    let file = 0;
    fc.assert(
      fc.property(anyStory, (story) => {
        const events = recorded(...story);
        const path = join(dir, `memory-${file++}.db`);
        ReadModels.create(path, projections, 'epoch').finish();
        const models = ReadModels.open(path, projections, 'epoch', events.length);
        models?.apply(events, events.length);
        for (const projection of projections) {
          const rows = foldInMemory(projection, recorded(...story));
          for (const table of projection.tables) {
            const columns = Object.keys(table.columns).join(', ');
            const inOrder = (list: readonly object[]) =>
              sorted(
                list.map((row) => Object.fromEntries(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1)))),
              );
            const stored = models?.all(`SELECT ${columns} FROM ${table.name}`) ?? [];
            expect(inOrder(stored)).toEqual(inOrder(rows.get(table.name) ?? []));
          }
        }
        models?.close();
      }),
      { numRuns: 40 },
    );
  });

  const ending = ['executions', 'ended_counts'];
  // What webhooks, schedules and workflows change of theirs is shown by the tests of those.
  const tablesByType: Partial<Readonly<Record<(typeof eventSchemas)[number]['name'], readonly string[]>>> = {
    ApiKeyIssued: ['users'],
    ApiKeyRevoked: ['users'],
    ExecutionAttemptFailed: ['executions'],
    ExecutionAttemptLost: ['executions'],
    ExecutionCancellationRequested: ['executions'],
    ExecutionCancelled: ending,
    ExecutionCompleted: ending,
    ExecutionExpired: ending,
    ExecutionFailed: ending,
    ExecutionLogged: ['executions'],
    ExecutionProgressed: ['executions'],
    ExecutionRequested: ['executions'],
    ExecutionStarted: ['executions'],
    ExecutionTimedOut: ending,
    FeedPublished: [],
    PasswordChanged: ['users'],
    SchemaRegistered: [],
    SignInDelayed: ['users'],
    SkillRegistered: ['skills'],
    SkillRetired: ['skills'],
    UserErased: ['users'],
    UserRegistered: ['users'],
  };

  it.each(
    eventSchemas.flatMap((schema) => {
      const tables = tablesByType[schema.name];
      return tables === undefined ? [] : [[schema.name, tables, schema] as const];
    }),
  )('count an event %s, and change by it the tables %j alone', (type, tables, schema) => {
    const first = { exec: 'ExecutionRequested', user: 'UserRegistered', skill: 'SkillRegistered' } as const;
    const kind = type.startsWith('Execution') ? 'exec' : type.startsWith('Skill') ? 'skill' : 'user';
    const beginning = eventSchemas.find(({ name }) => name === first[kind])!;
    fc.assert(
      fc.property(anyEvent(beginning), anyEvent(schema), (before, event) => {
        const steps = [before, event].map((step) => {
          const named = step.type === 'SkillRegistered' ? { ...step, data: { ...step.data, name: 'x' } } : step;
          const stream = tables.length === 0 ? schemaStream : `${kind}_x`;
          return [stream, named] as const;
        });
        // A beginning has nothing before it.
        const events = recorded(...(type === beginning.name ? steps.slice(1) : steps));
        const changed = projections.flatMap((projection) => {
          const rows = foldInMemory(projection, events.slice(0, -1));
          const after = foldInMemory(projection, events);
          const differs = ({ name }: { name: string }) =>
            JSON.stringify(rows.get(name)) !== JSON.stringify(after.get(name));
          return projection.tables.filter(differs).map(({ name }) => name);
        });
        expect(changed.toSorted()).toEqual(['event_counts', ...tables].toSorted());
      }),
      { numRuns: 15 },
    );
  });
});
