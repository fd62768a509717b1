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
  {
    name: 'completion',
    summary: 'print a script that teaches your shell this command',
    needsAll: true,
    load: () => import('./commands/completion.ts'),
  },
];
