import { expect, it } from 'vitest';

import {
  decideSkill,
  evolveSkill,
  initialSkill,
  type SkillCommand,
  type SkillState,
} from '../../../src/domain/skill/decide.ts';

const register = (digest: string): SkillCommand => ({
  kind: 'register',
  name: 'a',
  version: '1.0.0',
  digest,
  metadata: {},
});
const retire: SkillCommand = { kind: 'retire', reason: 'gone' };

function after(...commands: SkillCommand[]): { state: SkillState; types: string[] } {
  let state: SkillState = initialSkill;
  const types: string[] = [];
  for (const command of commands) {
    for (const event of decideSkill(command, state)) {
      types.push(event.type);
      state = evolveSkill(state, event);
    }
  }
  return { state, types };
}

it('a skill is registered once for each content, retired once, and may come back', () => {
  expect(after(register('1'), register('1')).types).toEqual(['SkillRegistered']);
  expect(after(register('1'), register('2')).types).toEqual(['SkillRegistered', 'SkillRegistered']);
  expect(after(retire).types).toEqual([]);
  const back = after(register('1'), retire, retire, register('1'));
  expect(back.types).toEqual(['SkillRegistered', 'SkillRetired', 'SkillRegistered']);
  expect(back.state).toEqual({ phase: 'registered', digest: '1' });
});
