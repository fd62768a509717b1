import type { Command } from 'commander';

import { actionCommand } from '../action.ts';
import { needConsent } from '../consent.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { secretIn } from '../files.ts';
import { durationMs, oneOf } from '../format.ts';
import { online, onlineCommand, type OnlineOptions } from '../online.ts';
import { noteFilters, settingsFrom, type WebhookFlags, withSettings } from './settings.ts';

const one = '"$(ihuman webhooks list -q --limit 1)"';
const shownOnce = 'The secret is shown this once: keep it where the receiver can read it.';

/** `create`: its answer has the secret, this once. */
export function createWebhook(context: CliContext): Command {
  const { terminal } = context;
  return withSettings(onlineCommand('create', 'make a webhook'))
    .argument('<url>', 'where deliveries go')
    .option('--secret-file <file>', 'the secret that signs; "-" is standard input; default: one is made')
    .addHelpText(
      'after',
      '\nExample:\n  ihuman webhooks create https://your-server.example.com/webhooks --event "execution.*"',
    )
    .action((url: string, options: WebhookFlags & OnlineOptions & { readonly secretFile?: string }) =>
      online(context, options, async (client) => {
        const settings = await settingsFrom(context, options);
        if (settings.eventTypes === undefined && settings.eventType === undefined)
          throw new CliError('usage', 'Say which events it is for: --event "execution.*"');
        const { secretFile } = options;
        const own = secretFile === undefined ? {} : { secret: await secretIn(context, secretFile) };
        const made = await client.webhooks.create({ ...settings, ...own, url });
        if (options.json === true) terminal.json(made);
        else terminal.result(made.secret === undefined ? made.id : `${made.id}\n${made.secret}`);
        if (made.secret !== undefined) terminal.note(shownOnce);
        await noteFilters(context, client, options);
      }),
    );
}

/** `update`: what is not named stays as it is. */
export function updateWebhook(context: CliContext): Command {
  return withSettings(onlineCommand('update', 'change a webhook; what is not named stays as it is'))
    .argument('<webhook>', 'its id')
    .option('--to <url>', 'where deliveries go from now on')
    .addHelpText(
      'after',
      `\nExample:\n  ihuman webhooks update ${one} --event "execution.failed" --retry-delays 1s,1m,1h`,
    )
    .action((id: string, options: WebhookFlags & OnlineOptions & { readonly to?: string }) =>
      online(context, options, async (client) => {
        const { to } = options;
        const changes = { ...(await settingsFrom(context, options)), ...(to !== undefined && { url: to }) };
        if (Object.keys(changes).length === 0) throw new CliError('usage', 'Say what is to be changed; see --help.');
        const changed = await client.webhooks.update(id, changes);
        if (options.json === true) context.terminal.json(changed);
        else context.terminal.note(`${id} is changed.`);
        await noteFilters(context, client, options);
      }),
    );
}

/** `delete`, after a question. */
export function deleteWebhook(context: CliContext): Command {
  return action(
    context,
    'delete',
    'delete a webhook; deliveries that wait are skipped',
    async (client, id, options) => {
      await needConsent(context, `Delete the webhook ${id}?`, options.yes);
      return [await client.webhooks.delete(id), `${id} is deleted.`];
    },
  ).option('-y, --yes', 'without being asked');
}

/** `enable`. */
export function enableWebhook(context: CliContext): Command {
  return action(context, 'enable', 'deliver again', async (client, id, { backlog }) => [
    await client.webhooks.enable(id, backlog),
    `${id} is enabled${backlog === 'skip' ? '; what waited is skipped' : ''}.`,
  ]).option('--backlog <what>', 'deliver or skip what came meanwhile', oneOf('deliver', 'skip'));
}

/** `disable`. */
export function disableWebhook(context: CliContext): Command {
  return action(context, 'disable', 'deliver nothing for a while', async (client, id, { note }) => [
    await client.webhooks.disable(id, note),
    `${id} is disabled. Deliver again: ihuman webhooks enable ${id}`,
  ]).option('--note <text>', 'why; kept in the log');
}

/** `retry-delivery`. */
export function retryDelivery(context: CliContext): Command {
  return onlineCommand('retry-delivery', 'try a delivery again, once, whatever became of it')
    .argument('<webhook>', 'its id')
    .argument('<delivery>', 'its id, as "ihuman webhooks deliveries" shows it')
    .addHelpText(
      'after',
      '\nExample:\n  HOOK=$(ihuman webhooks list -q --limit 1)\n  ihuman webhooks retry-delivery "$HOOK" "$(ihuman webhooks deliveries "$HOOK" -q --limit 1)"',
    )
    .action((id: string, delivery: string, options: OnlineOptions) =>
      online(context, options, async (client) => {
        const changed = await client.webhooks.retryDelivery(id, delivery);
        if (options.json === true) context.terminal.json(changed);
        else context.terminal.note(`It is tried again. How it went: ihuman webhooks deliveries ${id}`);
      }),
    );
}

/** `replay`. */
export function replayWebhook(context: CliContext): Command {
  return action(context, 'replay', 'deliver past events', async (client, id, { since, scope }) => {
    const options = { ...(since !== undefined && { since }), ...(scope !== undefined && { scope }) };
    const started = await client.webhooks.replay(id, options);
    const where = since === undefined ? ' from the beginning of the log' : '';
    return [started, `${started.replayId} has begun${where}. How far it is: ihuman webhooks show ${id}`];
  })
    .option('--since <time or cursor>', 'those after it; default: the beginning')
    .option(
      '--scope <which>',
      'missing: those that were never taken (the default); all: every one',
      oneOf('missing', 'all'),
    );
}

/** `rotate-secret`: its answer has the new secret, this once. */
export function rotateSecret(context: CliContext): Command {
  const { terminal } = context;
  return onlineCommand('rotate-secret', 'give a webhook a new secret')
    .argument('<webhook>', 'its id')
    .option('--secret-file <file>', 'the new secret; "-" is standard input; default: one is made')
    .option('--overlap <duration>', 'the former secret signs too for so long; default 24h', durationMs)
    .addHelpText(
      'after',
      '\nExample:\n  ihuman webhooks rotate-secret "$(ihuman webhooks list -q --limit 1)" --overlap 1h',
    )
    .action((id: string, options: OnlineOptions & { readonly secretFile?: string; readonly overlap?: number }) =>
      online(context, options, async (client) => {
        const { secretFile, overlap } = options;
        const changed = await client.webhooks.rotateSecret(id, {
          ...(secretFile !== undefined && { secret: await secretIn(context, secretFile) }),
          ...(overlap !== undefined && { overlapMs: overlap }),
        });
        if (options.json === true) terminal.json(changed);
        else if (changed.secret !== undefined) terminal.result(changed.secret);
        terminal.note(changed.secret === undefined ? `${id} has its new secret.` : shownOnce);
      }),
    );
}

interface ActionOptions extends OnlineOptions {
  readonly yes?: boolean;
  readonly note?: string;
  readonly backlog?: 'deliver' | 'skip';
  readonly since?: string;
  readonly scope?: 'missing' | 'all';
}

function action(
  context: CliContext,
  name: string,
  summary: string,
  work: Parameters<typeof actionCommand<ActionOptions>>[2],
): Command {
  const example = `ihuman webhooks ${name} ${one}`;
  return actionCommand(context, { name, summary, subject: 'webhook', example }, work);
}
