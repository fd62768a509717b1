import type { WebhookSettings } from '../../../schemas/generated/events.ts';

/**
 * A webhook's states and the moves between them.
 *
 * | state    | holds                                     | moves to                                              |
 * | -------- | ----------------------------------------- | ----------------------------------------------------- |
 * | absent   | nothing                                   | active                                                |
 * | active   | owner, settings, replays that go on       | itself (revised, rotated, replays) · disabled · deleted |
 * | disabled | the same, and where it was disabled       | itself (revised, rotated) · active · deleted          |
 * | deleted  | nothing                                   | nothing                                               |
 */
export type WebhookState = AbsentWebhook | LivingWebhook | DeletedWebhook;

export interface AbsentWebhook {
  readonly phase: 'absent';
}

export interface LivingWebhook {
  readonly phase: 'active' | 'disabled';
  readonly owner: string;
  readonly settings: WebhookSettings;
  /** Position at which it was last disabled; 0 when it never was. */
  readonly disabledAt: number;
  /** Replays that have not ended, and how many deliveries each has asked for. */
  readonly replays: ReadonlyMap<string, number>;
}

export interface DeletedWebhook {
  readonly phase: 'deleted';
}

/** The state of a webhook of which nothing is known. */
export const initialWebhook: WebhookState = { phase: 'absent' };
