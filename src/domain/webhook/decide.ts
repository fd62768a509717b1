import type {
  EventOf,
  ReplayScope,
  WebhookBacklog,
  WebhookDisabledReason,
  WebhookSettings,
} from '../../../schemas/generated/events.ts';
import { AppError } from '../../kernel/errors.ts';
import type { LivingWebhook, WebhookState } from './state.ts';

/** What may be asked of a webhook. Secrets and header values are in the vault, at the place that `sealed` names. */
export type WebhookCommand =
  | { readonly kind: 'create'; readonly owner: string; readonly settings: WebhookSettings }
  | { readonly kind: 'revise'; readonly settings: WebhookSettings }
  | { readonly kind: 'rotate-secret'; readonly sealed: string; readonly oldUntilMs: number }
  | { readonly kind: 'disable'; readonly reason: WebhookDisabledReason; readonly note: string }
  /** `replay` names the replay by which what came meanwhile is delivered. */
  | { readonly kind: 'enable'; readonly backlog: WebhookBacklog; readonly replay: string }
  | { readonly kind: 'delete' }
  | { readonly kind: 'test' }
  | {
      readonly kind: 'request-replay';
      readonly replay: string;
      readonly from: number;
      readonly until: number | null;
      readonly scope: ReplayScope;
    }
  | { readonly kind: 'advance-replay'; readonly replay: string; readonly position: number; readonly requested: number }
  | { readonly kind: 'end-replay'; readonly replay: string; readonly requested: number; readonly complete: boolean };

export type WebhookEvent = EventOf<
  | 'WebhookCreated'
  | 'WebhookRevised'
  | 'WebhookSecretRotated'
  | 'WebhookDisabled'
  | 'WebhookEnabled'
  | 'WebhookDeleted'
  | 'WebhookTested'
  | 'WebhookReplayRequested'
  | 'WebhookReplayAdvanced'
  | 'WebhookReplayEnded'
>;

type Command<K extends WebhookCommand['kind']> = Extract<WebhookCommand, { readonly kind: K }>;

const maxReplays = 10;

/**
 * The events that a command leads to in a state; none when it changes nothing. Throws WEBHOOK_NOT_FOUND where there is no webhook
 * (any more), and MOVE_NOT_ALLOWED for what its state does not allow.
 */
export function decideWebhook(command: WebhookCommand, state: WebhookState): readonly WebhookEvent[] {
  if (command.kind === 'create') {
    if (state.phase !== 'absent') throw new AppError('MOVE_NOT_ALLOWED', { message: 'The webhook exists already.' });
    return [{ type: 'WebhookCreated', data: { owner: command.owner, settings: command.settings } }];
  }
  if (state.phase === 'absent' || state.phase === 'deleted') throw new AppError('WEBHOOK_NOT_FOUND');
  switch (command.kind) {
    case 'revise':
      return [{ type: 'WebhookRevised', data: { settings: command.settings } }];
    case 'rotate-secret':
      return [{ type: 'WebhookSecretRotated', data: { sealed: command.sealed, oldUntilMs: command.oldUntilMs } }];
    case 'disable':
      if (state.phase === 'disabled') return [];
      return [{ type: 'WebhookDisabled', data: { reason: command.reason, note: command.note } }];
    case 'enable':
      return enable(command, state);
    case 'delete':
      return [{ type: 'WebhookDeleted', data: {} }];
    case 'test':
      requireActive(state);
      return [{ type: 'WebhookTested', data: {} }];
    default:
      return replay(command, state);
  }
}

function enable({ backlog, replay: name }: Command<'enable'>, state: LivingWebhook): readonly WebhookEvent[] {
  if (state.phase === 'active') return [];
  const enabled = { type: 'WebhookEnabled', data: { backlog } } as const;
  if (backlog === 'skip') return [enabled];
  const data = { replay: name, from: state.disabledAt, until: null, scope: 'missing' } as const;
  return [enabled, { type: 'WebhookReplayRequested', data }];
}

function replay(
  command: Command<'request-replay' | 'advance-replay' | 'end-replay'>,
  state: LivingWebhook,
): readonly WebhookEvent[] {
  const { replay: name } = command;
  if (command.kind === 'request-replay') {
    requireActive(state);
    if (state.replays.size >= maxReplays)
      throw new AppError('MOVE_NOT_ALLOWED', { message: `${String(maxReplays)} replays are under way already.` });
    const { from, until, scope } = command;
    return [{ type: 'WebhookReplayRequested', data: { replay: name, from, until, scope } }];
  }
  if (!state.replays.has(name)) return [];
  if (command.kind === 'advance-replay') {
    const { position, requested } = command;
    return [{ type: 'WebhookReplayAdvanced', data: { replay: name, position, requested } }];
  }
  const { requested, complete } = command;
  return [{ type: 'WebhookReplayEnded', data: { replay: name, requested, complete } }];
}

function requireActive({ phase }: LivingWebhook): void {
  if (phase === 'active') return;
  throw new AppError('MOVE_NOT_ALLOWED', { message: 'The webhook is disabled; enable it first.' });
}
