import { Type } from 'typebox';

import type { Deliverer } from './delivery/deliverer.ts';
import type { WebhookOptions } from './delivery/webhook-settings.ts';
import type { Webhooks } from './delivery/webhooks.ts';
import { type DeliveryStats, deliveryStats } from './delivery/delivery-stats.ts';
import { checkShape } from './http/check-shape.ts';
import { WebhookCreation } from './http/option-shapes.ts';
import { deliveryView, webhookView } from './http/webhook-views.ts';
import { AppError } from './kernel/errors.ts';
import { isJsonObject, type JsonObject } from './kernel/json.ts';
import type { Queries } from './store/query-client.ts';
import * as checked from './reported-values.ts';

const Page = Type.Object({ limit: Type.Integer({ minimum: 0 }), offset: Type.Integer({ minimum: 0 }) });

interface Dependencies {
  readonly webhooks: Webhooks;
  readonly queries: Pick<Queries, 'webhookById' | 'deliveryTotals' | 'executionById'>;
  readonly deliverer: Pick<Deliverer, 'owners'>;
  /** Whether there is an account with this id. */
  readonly isUser: (userId: string) => Promise<boolean>;
}

/** Webhooks for the program that ihuman is embedded in. What is done here goes through the log, as everything does. */
export class WebhookManager {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Makes a webhook of a user for an event (`execution.completed`, or a pattern such as `execution.*`). Without a secret one is
   * made, and returned this once. Rejects with VALIDATION_FAILED or LIMIT_REACHED.
   */
  async createWebhook(
    userId: string,
    eventType: string,
    url: string,
    secret?: string | null,
    options: Omit<WebhookOptions, 'url' | 'eventTypes'> = {},
  ): Promise<ReturnType<typeof webhookView> & { readonly secret?: string }> {
    const { webhooks, queries, isUser } = this.#deps;
    if (!(await isUser(userId))) {
      const problems = [{ path: '/userId', message: 'must be the id of a user' }];
      throw new AppError('VALIDATION_FAILED', { message: `There is no user ${userId}.`, problems });
    }
    const asked = { ...options, url, eventType, ...(secret !== undefined && secret !== null && { secret }) };
    checkShape(WebhookCreation, asked);
    const wanted = { ...options, url, eventTypes: [eventType] };
    const made = await webhooks.create(userId, 'system', wanted, { secret: secret ?? undefined });
    const row = await queries.webhookById(made.id);
    if (row === null) throw new AppError('WEBHOOK_NOT_FOUND');
    return { ...webhookView(row), ...(made.secret !== null && { secret: made.secret }) };
  }

  /** The deliveries of a webhook with their attempts, newest first. */
  async getDeliveryHistory(
    webhookId: string,
    limit = 50,
    offset = 0,
  ): Promise<readonly ReturnType<typeof deliveryView>[]> {
    checkShape(Page, { limit, offset });
    const { deliveries } = await this.#deps.webhooks.history(webhookId, null, limit, offset);
    return deliveries.map(deliveryView);
  }

  /** How all deliveries stand; a delivery is an event and a webhook that it goes to. */
  async getStats(): Promise<DeliveryStats> {
    return deliveryStats(await this.#deps.queries.deliveryTotals(null));
  }

  /**
   * Tells of an event: it goes into the log, and to the webhooks that want it. Those of `userId`; else of the owner of the
   * execution that `data.executionId` names; else of everybody. Resolves with the ids of the events, when they are durable.
   */
  async emit(
    event: string,
    data: JsonObject = {},
    { userId, key }: { readonly userId?: string; readonly key?: string } = {},
  ): Promise<readonly string[]> {
    if (!/^[A-Za-z0-9_.-]{1,200}$/.test(event))
      throw new AppError('VALIDATION_FAILED', {
        message: 'An event is named by 1 to 200 letters, digits, dots, dashes.',
      });
    const said = checked.jsonObject(data, 'data');
    const owners = userId === undefined ? await this.#ownersOf(said) : [userId];
    const told = { name: event, data: said, key: key ?? null };
    const emitted = owners.map((owner) => this.#deps.webhooks.emit(owner, 'system', told));
    return (await Promise.all(emitted)).map(({ eventId }) => eventId);
  }

  async #ownersOf(data: JsonObject): Promise<readonly string[]> {
    const { queries, deliverer } = this.#deps;
    const { executionId } = isJsonObject(data) ? data : {};
    const execution = typeof executionId === 'string' ? await queries.executionById(executionId) : null;
    return execution === null ? deliverer.owners() : [execution.owner];
  }
}
