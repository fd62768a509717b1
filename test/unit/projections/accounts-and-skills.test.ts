import { describe, expect, it } from 'vitest';

import { eventCountsProjection } from '../../../projections/event-counts/projection.ts';
import { skillsProjection } from '../../../projections/skills/projection.ts';
import { usersProjection } from '../../../projections/users/projection.ts';
import type { NewEvent } from '../../../src/event-log/event-log.ts';
import { foldInMemory } from '../../../src/projecting/memory-fold.ts';
import type { Projection } from '../../../src/projecting/projection.ts';
import { recorded } from '../../support/recorded.ts';

const given = (projection: Projection, ...events: readonly (readonly [string, NewEvent])[]) =>
  foldInMemory(projection, recorded(...events)).get(projection.tables[0]?.name ?? '');

const registered: NewEvent = { type: 'UserRegistered', data: { role: 'member' } };
const erased: NewEvent = { type: 'UserErased', data: { reason: 'requested' } };
const keyRevoked: NewEvent = { type: 'ApiKeyRevoked', data: { keyId: 'key_1' } };
const retired: NewEvent = { type: 'SkillRetired', data: { reason: 'gone' } };
const skill = (version: string): NewEvent => ({
  type: 'SkillRegistered',
  data: { name: 'noop', version, digest: `digest of ${version}`, metadata: { name: 'noop' } },
});

describe('the accounts', () => {
  it('have a row each, which remembers that it was erased', () => {
    expect(given(usersProjection, ['user_a', registered], ['user_b', registered], ['user_a', erased])).toEqual([
      { id: 'user_a', role: 'member', registeredAtMs: 1000, erased: 1, revision: 1 },
      { id: 'user_b', role: 'member', registeredAtMs: 2000, erased: 0, revision: 0 },
    ]);
  });

  it('know their newest revision, whatever the event was', () => {
    expect(given(usersProjection, ['user_a', registered], ['user_a', keyRevoked])).toMatchObject([{ revision: 1 }]);
  });

  it('do not come into being by anything but a registration', () => {
    expect(given(usersProjection, ['user_a', keyRevoked], ['exec_1', erased])).toEqual([]);
  });
});

describe('the skills', () => {
  const row = {
    name: 'noop',
    version: '2',
    digest: 'digest of 2',
    metadataJson: '{"name":"noop"}',
    registeredAtMs: 2000,
    retired: 0,
    revision: 1,
  };

  it('are known by their newest version', () => {
    expect(given(skillsProjection, ['skill_noop', skill('1')], ['skill_noop', skill('2')])).toEqual([row]);
  });

  it('stay known when they are retired, and come back with a registration', () => {
    const story = [
      ['skill_noop', skill('1')],
      ['skill_noop', skill('2')],
      ['skill_noop', retired],
    ] as const;
    expect(given(skillsProjection, ...story)).toEqual([{ ...row, retired: 1, revision: 2 }]);
    expect(given(skillsProjection, ...story, ['skill_noop', skill('3')])).toMatchObject([{ version: '3', retired: 0 }]);
    expect(given(skillsProjection, ['skill_unknown', retired])).toEqual([]);
  });
});

it('the counts of events have a row for each type that happened', () => {
  expect(given(eventCountsProjection, ['user_a', registered], ['user_b', registered], ['user_a', erased])).toEqual([
    { type: 'UserRegistered', events: 2 },
    { type: 'UserErased', events: 1 },
  ]);
});
