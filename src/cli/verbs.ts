import type { Command } from 'commander';

import type { CliContext } from './context.ts';

/** One verb of the command line. Its module is loaded only when the verb is used. */
export interface Verb {
  readonly name: string;
  /** What the list of verbs says of it. */
  readonly summary: string;
  /** True when it needs the whole command tree: then every verb's module is loaded. */
  readonly needsAll?: true;
  readonly load: () => Promise<{ readonly command: (context: CliContext) => Command }>;
}

/** Every verb, in the order of the help. */
export const verbs: readonly Verb[] = [
  { name: 'create', summary: 'make a new skill', load: () => import('./commands/create.ts') },
  { name: 'validate', summary: 'tell every problem of a skill', load: () => import('./commands/validate.ts') },
  {
    name: 'test',
    summary: 'run a skill’s tests and check what every skill keeps to',
    load: () => import('./commands/test.ts'),
  },
  { name: 'publish', summary: 'publish a skill as an npm package', load: () => import('./commands/publish.ts') },
  {
    name: 'list',
    summary: 'list skills: those of a folder, and the server’s',
    load: () => import('./commands/list.ts'),
  },
  { name: 'add', summary: 'put a published skill into the skills folder', load: () => import('./commands/add.ts') },
  { name: 'remove', summary: 'take a skill out of the skills folder', load: () => import('./commands/remove.ts') },
  { name: 'serve', summary: 'start a server in this folder', load: () => import('./commands/serve.ts') },
  { name: 'login', summary: 'sign in at a server', load: () => import('./commands/login.ts') },
  { name: 'logout', summary: 'end the session at a server', load: () => import('./commands/logout.ts') },
  { name: 'whoami', summary: 'show as whom this user is signed in', load: () => import('./commands/whoami.ts') },
  { name: 'run', summary: 'run a skill and show its result', load: () => import('./commands/run.ts') },
  { name: 'watch', summary: 'follow an execution to its end', load: () => import('./commands/watch.ts') },
  { name: 'executions', summary: 'look at executions', load: () => import('./commands/executions.ts') },
  { name: 'cancel', summary: 'cancel an execution', load: () => import('./commands/cancel.ts') },
  { name: 'retry', summary: 'run an execution again', load: () => import('./commands/retry.ts') },
  { name: 'webhooks', summary: 'tell other programs what happens', load: () => import('./commands/webhooks.ts') },
  {
    name: 'schedules',
    summary: 'run skills and workflows by the clock',
    load: () => import('./commands/schedules.ts'),
  },
  {
    name: 'workflows',
    summary: 'run skills as steps that need each other',
    load: () => import('./commands/workflows.ts'),
  },
  { name: 'events', summary: 'follow the event log, or take it away', load: () => import('./commands/events.ts') },
  { name: 'log', summary: 'check an event log', load: () => import('./commands/log.ts') },
  { name: 'status', summary: 'show how the server is doing', load: () => import('./commands/status.ts') },
  { name: 'doctor', summary: 'look why something does not work', load: () => import('./commands/doctor.ts') },
  {
    name: 'completion',
    summary: 'print a script that teaches your shell this command',
    needsAll: true,
    load: () => import('./commands/completion.ts'),
  },
];
