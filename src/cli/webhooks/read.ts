import type { Command } from 'commander';

import type { Page } from '../../../packages/sdk-js/src/index.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json.ts';
import type { CliContext } from '../context.ts';
import { collectList, details, durationText, oneOf, timeText, valueText, wholeNumber } from '../format.ts';
import { type PageOptions, tellPage, withPage } from '../lists.ts';
import { online, onlineCommand, type OnlineOptions } from '../online.ts';
import { noteFilters } from './settings.ts';

/** `list`. */
export function listWebhooks(context: CliContext): Command {
  return withPage(onlineCommand('list', 'list webhooks'))
    .addHelpText('after', '\nExample:\n  ihuman webhooks list')
    .action((options: PageOptions) =>
      online(context, options, async (client) => {
        const { limit, offset } = options;
        tellPage(context.terminal, await client.webhooks.list({ limit, offset }), options, {
          name: 'webhooks',
          head: ['WEBHOOK', 'STATUS', 'EVENTS', 'URL', 'DESCRIPTION'],
          rowOf: ({ id, status, eventTypes, url, description }) => [
            ...[id, status, eventTypes.join(','), url, valueText(description)],
          ],
          flexible: 'URL',
          spare: ['DESCRIPTION'],
        });
      }),
    );
}

/** `show`. */
export function showWebhook(context: CliContext): Command {
  const { terminal } = context;
  return onlineCommand('show', 'show one webhook, how its deliveries ended, and its replays')
    .argument('<webhook>', 'its id')
    .addHelpText('after', '\nExample:\n  ihuman webhooks show "$(ihuman webhooks list -q --limit 1)"')
    .action((id: string, options: OnlineOptions) =>
      online(context, options, async (client) => {
        const [webhook, replays] = await Promise.all([client.webhooks.get(id), client.webhooks.replays(id)]);
        if (options.json === true) terminal.json({ ...webhook, replays });
        else {
          details(terminal, webhook);
          for (const replay of replays as readonly JsonObject[])
            terminal.result(
              `replay ${valueText(replay.id)}: ${valueText(replay.status)}, ${valueText(replay.progress)} %`,
            );
        }
      }),
    );
}

interface DeliveriesOptions extends PageOptions {
  readonly status?: 'pending' | 'delivered' | 'failed' | 'skipped';
}

/** What is shown of a delivery. */
type Delivery = JsonObject & { readonly id: string; readonly event: string; readonly status: string };

/** `deliveries`. */
export function listDeliveries(context: CliContext): Command {
  return withPage(onlineCommand('deliveries', 'list the deliveries of a webhook, newest first'))
    .argument('<webhook>', 'its id')
    .option(
      '--status <status>',
      'pending, delivered, failed or skipped',
      oneOf('pending', 'delivered', 'failed', 'skipped'),
    )
    .addHelpText(
      'after',
      '\nExample:\n  ihuman webhooks deliveries "$(ihuman webhooks list -q --limit 1)" --status failed',
    )
    .action((id: string, options: DeliveriesOptions) =>
      online(context, options, async (client) => {
        const { limit, offset, status } = options;
        const page = await client.webhooks.deliveries(id, { limit, offset, ...(status !== undefined && { status }) });
        tellPage(context.terminal, page as unknown as Page<Delivery>, options, {
          name: 'deliveries',
          head: ['DELIVERY', 'STATUS', 'EVENT', 'AT', 'ATTEMPTS', 'ANSWER'],
          rowOf: (delivery) => [
            ...[delivery.id, delivery.status, delivery.event, timeText(delivery.createdAt)],
            ...[valueText(delivery.attemptCount), answerOf(delivery)],
          ],
          flexible: 'ANSWER',
          spare: ['ATTEMPTS', 'AT'],
        });
      }),
    );
}

/** What the receiver said, or why it was not asked. */
function answerOf({ statusCode, errorCode, skipReason, nextAttemptAt, attempts }: JsonObject): string {
  const last: unknown = Array.isArray(attempts) ? attempts.at(-1) : null;
  const message = isJsonObject(last) && typeof last.message === 'string' ? `: ${valueText(last.message)}` : '';
  const next = typeof nextAttemptAt === 'string' && message !== '' ? ` Again at ${timeText(nextAttemptAt)}.` : '';
  return valueText(statusCode ?? errorCode ?? skipReason) + message + next;
}

interface PreviewOptions extends OnlineOptions {
  readonly event: readonly string[];
  readonly skill?: readonly string[];
  readonly since?: string;
  readonly limit: number;
}

/** `preview`. */
export function previewWebhook(context: CliContext): Command {
  const { terminal } = context;
  return onlineCommand('preview', 'list the past events that a webhook would have been told of')
    .requiredOption('-e, --event <names>', 'which events, such as "execution.*"', collectList)
    .option('--skill <names>', 'only of executions of these skills', collectList)
    .option('--since <time or cursor>', 'those after it; default: the beginning')
    .option('--limit <count>', 'most to show', wholeNumber(1), 20)
    .addHelpText('after', '\nExample:\n  ihuman webhooks preview --event "execution.*" --since 2026-02-05T00:00:00Z')
    .action((options: PreviewOptions) =>
      online(context, options, async (client) => {
        const { event: eventTypes, skill, since, limit } = options;
        const filter = {
          eventTypes,
          limit,
          ...(skill !== undefined && { skills: skill }),
          ...(since !== undefined && { since }),
        };
        const { events, next, complete } = await client.webhooks.preview(filter);
        if (options.json === true) terminal.json({ events, next, complete });
        else if (events.length === 0) terminal.note('It would have been told of nothing.');
        else
          terminal.table({
            head: ['AT', 'EVENT', 'OF', 'DATA'],
            rows: events.map(({ at, type, stream, data }) => [timeText(at), type, stream, valueText(data)]),
          });
        if (events.length === 0) await noteFilters(context, client, options);
        if (!complete && options.json !== true) terminal.note(`There may be more: --since ${next}`);
      }),
    );
}

/** `stats`. */
export function webhookStats(context: CliContext): Command {
  return onlineCommand('stats', 'how deliveries ended')
    .addHelpText('after', '\nExample:\n  ihuman webhooks stats')
    .action((options: OnlineOptions) =>
      online(context, options, async (client) => {
        const stats = await client.webhooks.stats();
        if (options.json === true) context.terminal.json(stats);
        else details(context.terminal, stats);
      }),
    );
}

const testLimitMs = 30_000;
const lookEveryMs = 200;

/** `test`: sends an event that says it is a test, and tells how that went. */
export function testWebhook(context: CliContext): Command {
  const { terminal } = context;
  return onlineCommand('test', 'send a test event, and tell how that went')
    .argument('<webhook>', 'its id')
    .addHelpText(
      'after',
      '\nExit code: 0 when it was taken.\n\nExample:\n  ihuman webhooks test "$(ihuman webhooks list -q --limit 1)"',
    )
    .action((id: string, options: OnlineOptions) =>
      online(context, options, async (client) => {
        const newest = async (): Promise<readonly Delivery[]> =>
          (await client.webhooks.deliveries(id, { limit: 20 })) as unknown as readonly Delivery[];
        const before = new Set((await newest()).map((delivery) => delivery.id));
        await client.webhooks.test(id);
        const limit = performance.now() + testLimitMs;
        let delivery: Delivery | undefined;
        do {
          await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
          delivery = (await newest()).find((each) => each.event === 'webhook.test' && !before.has(each.id));
        } while ((delivery === undefined || delivery.status === 'pending') && performance.now() < limit);
        if (options.json === true) terminal.json(delivery ?? null);
        else if (delivery === undefined || delivery.status === 'pending')
          terminal.note(
            `There is no answer after ${durationText(testLimitMs)}; look again: ihuman webhooks deliveries ${id}`,
          );
        else terminal.note(`${delivery.status}: ${answerOf(delivery)}`);
        if (delivery?.status !== 'delivered') context.end('failed');
      }),
    );
}
