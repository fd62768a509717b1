import { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { secretIn, textIn } from '../files.ts';
import { collect, durationMs } from '../format.ts';
import { headerIn } from './settings.ts';

interface VerifyOptions {
  readonly secretFile: string;
  readonly header: readonly string[];
  readonly tolerance?: number;
}

/** `verify`: whether a delivery is what it claims to be. Asks no server. */
export function verifyDelivery(context: CliContext): Command {
  return new Command('verify')
    .summary('check the signature of a delivery; needs no server')
    .description('Checks the signature of a delivery that was kept, and prints what it holds. Needs no server.')
    .argument('<body>', 'a file with the body as it came; "-" is standard input')
    .requiredOption('--secret-file <file>', "a file with the webhook's secret")
    .requiredOption(
      '-H, --header <name: value>',
      'a header as it came; webhook-id, webhook-timestamp and webhook-signature, or x-webhook-signature',
      collect,
    )
    .option('--tolerance <duration>', 'how old it may be; default 5m', durationMs)
    .addHelpText(
      'after',
      `
Example:
  printf s3cret > secret.txt; printf '{"a":1}' > body.json
  SIGNATURE=$(openssl dgst -sha256 -hmac s3cret < body.json | sed 's/.* //')
  ihuman webhooks verify body.json --secret-file secret.txt -H "x-webhook-signature: $SIGNATURE"`,
    )
    .action(async (body: string, { secretFile, header, tolerance }: VerifyOptions) => {
      const { verifyWebhook } = await import('../../../packages/sdk-js/src/index.ts');
      const headers = Object.fromEntries(header.map(headerIn));
      const options = tolerance === undefined ? {} : { toleranceMs: tolerance };
      const payload = await verifyWebhook(
        await textIn(context, body),
        headers,
        await secretIn(context, secretFile),
        options,
      );
      context.terminal.note(`${context.terminal.paintNote('green', '✓')} It was signed with this secret.`);
      context.terminal.json(payload);
    });
}
