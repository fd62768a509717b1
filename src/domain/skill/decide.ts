import type { EventOf } from '../../../schemas/generated/events.ts';
import type { JsonValue } from '../../kernel/json.ts';

/** What the log knows of a skill. A retired skill may come back. */
export type SkillState =
  { readonly phase: 'absent' } | { readonly phase: 'registered' | 'retired'; readonly digest: string };

export type SkillCommand =
  | {
      readonly kind: 'register';
      readonly name: string;
      readonly version: string;
      readonly digest: string;
      readonly metadata: JsonValue;
    }
  | { readonly kind: 'retire'; readonly reason: string };

export type SkillEvent = EventOf<'SkillRegistered' | 'SkillRetired'>;

/** The state of a skill of which nothing is known. */
export const initialSkill: SkillState = { phase: 'absent' };

/** The events that a command leads to; none when the log says the same already. */
export function decideSkill(command: SkillCommand, state: SkillState): readonly SkillEvent[] {
  switch (command.kind) {
    case 'register': {
      const { name, version, digest, metadata } = command;
      if (state.phase === 'registered' && state.digest === digest) return [];
      return [{ type: 'SkillRegistered', data: { name, version, digest, metadata } }];
    }
    case 'retire':
      return state.phase === 'registered' ? [{ type: 'SkillRetired', data: { reason: command.reason } }] : [];
  }
}

/** The state after one more event. */
export function evolveSkill(state: SkillState, event: SkillEvent): SkillState {
  switch (event.type) {
    case 'SkillRegistered':
      return { phase: 'registered', digest: event.data.digest };
    case 'SkillRetired':
      return state.phase === 'absent' ? state : { phase: 'retired', digest: state.digest };
  }
}
