import type { Command } from 'commander';

import type { IhumanClient, WebhookChanges } from '../../../packages/sdk-js/src/index.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { objectIn } from '../files.ts';
import { anyNumber, collect, collectList, durationMs, oneOf, wholeNumber } from '../format.ts';
import { noteForeignEvents, noteUnknownSkills } from '../unknown-filters.ts';

/** What can be said of a webhook on the command line. */
export interface WebhookFlags {
  readonly event?: readonly string[];
  readonly skill?: readonly string[];
  readonly description?: string;
  readonly header?: readonly string[];
  readonly retryDelays?: string;
  readonly jitter?: number;
  readonly timeout?: number;
  readonly concurrency?: number;
  readonly rate?: number;
  readonly ordering?: 'none' | 'endpoint' | 'key';
  readonly disableAfter?: number;
  readonly settings?: string;
}

/** The options for the settings of a webhook. */
export function withSettings(command: Command): Command {
  return command
    .option('-e, --event <names>', 'which events, such as "execution.*"; a star stands for anything', collectList)
    .option('--skill <names>', 'only of executions of these skills', collectList)
    .option('--description <text>', 'what it is for')
    .option('-H, --header <name: value>', 'a header of each delivery; its value is not shown again', collect)
    .option('--retry-delays <durations>', 'waits before further attempts, such as 1s,5s,15s')
    .option('--jitter <share>', 'of a wait that may be added, from 0 to 1', anyNumber)
    .option('--timeout <duration>', 'limit of one attempt', durationMs)
    .option('--concurrency <count>', 'attempts at once', wholeNumber(1))
    .option('--rate <number>', 'attempts a second at most', anyNumber)
    .option(
      '--ordering <kind>',
      'none, endpoint or key: what waits for what came before',
      oneOf('none', 'endpoint', 'key'),
    )
    .option('--disable-after <duration>', 'when nothing has been taken for so long', durationMs)
    .option('--settings <file>', 'a JSON file with settings as the API has them; options win over it');
}

/** The settings that were given, as the API has them. */
export async function settingsFrom(context: CliContext, flags: WebhookFlags): Promise<WebhookChanges> {
  const { event, skill, description, header, retryDelays, jitter, timeout, concurrency, rate, ordering } = flags;
  const { disableAfter, settings } = flags;
  const given = {
    eventTypes: event,
    skills: skill,
    description,
    customHeaders: header === undefined ? undefined : Object.fromEntries(header.map(headerIn)),
    retryDelaysMs: retryDelays === undefined ? undefined : retryDelays.split(',').filter(Boolean).map(durationMs),
    ...{ jitter, timeoutMs: timeout, concurrency, ratePerSecond: rate, ordering, disableAfterMs: disableAfter },
  };
  return {
    ...(settings === undefined ? {} : await objectIn(context, settings)),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}

/** Says what of the filter matches nothing, as far as can be known. */
export async function noteFilters(
  context: CliContext,
  client: IhumanClient,
  { event, skill }: Pick<WebhookFlags, 'event' | 'skill'>,
): Promise<void> {
  noteForeignEvents(context, event);
  await noteUnknownSkills(context, client, skill);
}

/** A header as it is typed. */
export function headerIn(text: string): readonly [string, string] {
  const at = text.indexOf(':');
  if (at > 0) return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  throw new CliError('usage', `${JSON.stringify(text)} is no header; it looks like "X-Custom: value".`);
}
