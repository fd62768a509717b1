import type { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { onlineCommand, onlineWith, type OnlineOptions } from '../online.ts';
import { defaultUrl, LoginFile, serverUrl } from '../session.ts';

/** `ihuman logout`: ends the session on the server, and forgets it here whatever the server says. */
export function command(context: CliContext): Command {
  return onlineCommand('logout', 'end the session at a server, and forget it')
    .addHelpText('after', '\nExample:\n  ihuman logout')
    .action(async (options: OnlineOptions) => {
      const { environment, terminal } = context;
      const url = serverUrl(options.url ?? (environment.IHUMAN_URL || defaultUrl));
      const file = new LoginFile(environment);
      const login = file.read(url);
      if (login === null) throw new CliError('failed', `There is no login at ${url} to end.`);
      file.forget(url);
      const { token, kind } = login;
      if (kind === 'session')
        await onlineWith(context, { url, token, source: 'login' }, (client) => client.logout()).catch(unlessGone);
      if (options.json === true) terminal.json({ url, kind });
      else if (kind === 'session') terminal.note(`Signed out at ${url}.`);
      else terminal.note(`The API key for ${url} is forgotten here. It stays valid until it is revoked.`);
    });
}

/** A session that has ended already is what was wanted. */
function unlessGone(error: unknown): void {
  if (!(error instanceof CliError)) throw error;
  if (error.outcome === 'notAllowed') return;
  const message = `${error.message} The login is forgotten here; the session at the server ends when it expires.`;
  throw new CliError(error.outcome, message, error.problems);
}
