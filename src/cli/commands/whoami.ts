import type { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { details, timeText } from '../format.ts';
import { online, onlineCommand, type OnlineOptions } from '../online.ts';

/** `ihuman whoami`: the account, and where its token is from. */
export function command(context: CliContext): Command {
  return onlineCommand('whoami', 'show as whom this user is signed in')
    .addHelpText('after', '\nExample:\n  ihuman whoami --json')
    .action((options: OnlineOptions) =>
      online(context, options, async (client, { url, source }) => {
        const user = await client.getCurrentUser();
        if (options.json === true) context.terminal.json({ ...user, url, source });
        else {
          const { username, email, role, id, createdAt } = user;
          const about = { 'user name': username, 'e-mail': email, role, id, since: timeText(createdAt) };
          details(context.terminal, { ...about, server: url, 'token from': source });
        }
      }),
    );
}
