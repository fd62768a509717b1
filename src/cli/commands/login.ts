import type { Command } from 'commander';

import type { IhumanClient, User } from '../../../packages/sdk-js/src/index.ts';
import { emailProblem, passwordProblem, usernameProblem } from '../../kernel/account-rules.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { valueText } from '../format.ts';
import { onlineCommand, onlineWith, type OnlineOptions } from '../online.ts';
import { askSecret, askText } from '../questions.ts';
import { defaultUrl, headerSafe, type Login, LoginFile, serverUrl, type Session } from '../session.ts';
import { standardInput } from '../standard-input.ts';

interface LoginOptions extends OnlineOptions {
  readonly email?: string;
  readonly username?: string;
  readonly passwordStdin?: true;
  readonly register?: true;
  readonly withToken?: true;
}

/** `ihuman login`: an account or an API key, kept for one server. */
export function command(context: CliContext): Command {
  return onlineCommand('login', 'sign in at a server, and keep that for this user')
    .option('--email <address>', 'instead of being asked for it')
    .option('--password-stdin', 'read the password from standard input')
    .option('--register', 'make an account')
    .option('--username <name>', 'of the account that is made')
    .option('--with-token', 'keep a token or API key from standard input instead')
    .addHelpText(
      'after',
      `
The login is kept in a file that only this user can read, for this server alone.

Examples:
  ihuman login
  ihuman login --register --email ann@example.com --username ann
  ihuman login --with-token < .ihuman/admin-key`,
    )
    .action(async (options: LoginOptions) => {
      const { environment, terminal } = context;
      const url = serverUrl(options.url ?? (environment.IHUMAN_URL || defaultUrl));
      const [login, user] = await (options.withToken === true
        ? withToken(context, url)
        : withPassword(context, url, options));
      const file = new LoginFile(environment);
      file.write(url, login);
      if (options.json === true) terminal.json({ url, email: user.email, username: user.username, kind: login.kind });
      else
        terminal.note(
          `Signed in at ${url} as ${valueText(user.username)} (${valueText(user.email)}). The login is kept in ${file.path}.`,
        );
      if (environment.IHUMAN_TOKEN)
        terminal.note('IHUMAN_TOKEN is set: it is used instead of the login as long as it is.');
    });
}

async function withToken(context: CliContext, url: string): Promise<readonly [Login, User]> {
  const typed = context.stdin.isTTY
    ? await askSecret(context, { message: 'Token or API key', flag: '--with-token and the token on standard input' })
    : await standardInput(context);
  const token = headerSafe(typed, 'Standard input');
  const session: Session = { url, token, source: 'standard input' };
  return onlineWith(context, session, async (client) => {
    const user = await client.getCurrentUser();
    return [{ token, kind: 'api key', email: user.email }, user];
  });
}

async function withPassword(context: CliContext, url: string, options: LoginOptions): Promise<readonly [Login, User]> {
  if (options.register === true) refuseImpossible(options);
  const emailCheck = options.register === true ? emailProblem : required;
  const email = options.email ?? (await askText(context, { message: 'E-mail', flag: '--email', check: emailCheck }));
  const username = options.register === true ? await usernameOf(context, options) : null;
  const password = await passwordOf(context, options, username === null ? [] : [email.trim(), username]);
  return onlineWith(context, { url, token: null, source: 'none' }, async (client: IhumanClient) => {
    const user = await (username === null
      ? client.authenticate(email, password)
      : client.register(email, username, password));
    const token = await client.getToken();
    if (token === null) throw new CliError('failed', `${url} gave no token.`);
    return [{ token, kind: 'session', email: user.email }, user];
  });
}

async function usernameOf(context: CliContext, { username }: LoginOptions): Promise<string> {
  return username ?? (await askText(context, { message: 'User name', flag: '--username', check: usernameProblem }));
}

/** Flags that no account can have, before anything is asked. */
function refuseImpossible({ email, username }: LoginOptions): void {
  const checked = [
    ['--email', email === undefined ? null : emailProblem(email)],
    ['--username', username === undefined ? null : usernameProblem(username)],
  ] as const;
  const problems = checked.flatMap(([path, message]) => (message === null ? [] : [{ path, message }]));
  if (problems.length > 0) throw new CliError('usage', 'These answers are not possible:', problems);
}

/** The password; a new one, for an account of these names, is asked for twice. */
async function passwordOf(
  context: CliContext,
  { passwordStdin, register }: LoginOptions,
  names: readonly string[],
): Promise<string> {
  // Whoever pipes it in has a line break behind it that is no part of it.
  if (passwordStdin === true) return (await standardInput(context)).replace(/\r?\n$/, '');
  const flag = '--password-stdin';
  if (register !== true) return askSecret(context, { message: 'Password', flag });
  const check = (answer: string): string | null => passwordProblem(answer, names);
  for (;;) {
    const password = await askSecret(context, { message: 'Password', flag, check });
    if ((await askSecret(context, { message: 'Password again', flag })) === password) return password;
    context.terminal.note(context.terminal.paintNote('red', '> The two passwords differ.'));
  }
}

function required(answer: string): string | null {
  return answer.trim() === '' ? 'It is needed.' : null;
}
