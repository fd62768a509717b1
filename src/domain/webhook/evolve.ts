import type { IhumanEvent } from '../../../schemas/generated/events.ts';
import type { LivingWebhook, WebhookState } from './state.ts';

/** The state after one more event at a position. Never fails: an event that does not fit the state leaves it as it is. */
export function evolveWebhook(state: WebhookState, event: IhumanEvent & { readonly position?: number }): WebhookState {
  if (event.type === 'WebhookCreated') {
    if (state.phase !== 'absent') return state;
    const { owner, settings } = event.data;
    return { phase: 'active', owner, settings, disabledAt: 0, replays: new Map() };
  }
  if (state.phase === 'absent' || state.phase === 'deleted') return state;
  switch (event.type) {
    case 'WebhookRevised':
      return { ...state, settings: event.data.settings };
    case 'WebhookSecretRotated':
      return { ...state, settings: { ...state.settings, sealed: event.data.sealed } };
    case 'WebhookDisabled':
      return { ...state, phase: 'disabled', disabledAt: event.position ?? 0 };
    case 'WebhookEnabled':
      return { ...state, phase: 'active' };
    case 'WebhookDeleted':
      return { phase: 'deleted' };
    default:
      return withReplay(state, event);
  }
}

function withReplay(state: LivingWebhook, event: IhumanEvent): WebhookState {
  switch (event.type) {
    case 'WebhookReplayRequested':
      return { ...state, replays: new Map(state.replays).set(event.data.replay, 0) };
    case 'WebhookReplayAdvanced':
      return { ...state, replays: new Map(state.replays).set(event.data.replay, event.data.requested) };
    case 'WebhookReplayEnded': {
      const replays = new Map(state.replays);
      replays.delete(event.data.replay);
      return { ...state, replays };
    }
    default:
      return state;
  }
}
