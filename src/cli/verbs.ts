import type { Command } from 'commander';

import type { CliContext } from './context.ts';

/** One verb of the command line. Its module is loaded only when the verb is used. */
export interface Verb {
  readonly name: string;
  /** What the list of verbs says of it. */
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: (context: CliContext) => Command }>;
}

/** Every verb, in the order of the help. */
export const verbs: readonly Verb[] = [
  { name: 'create', summary: 'make a new skill', load: () => import('./commands/create.ts') },
  { name: 'validate', summary: 'tell every problem of a skill', load: () => import('./commands/validate.ts') },
  {
    name: 'list',
    summary: 'list skills: those of a folder, and the server’s',
    load: () => import('./commands/list.ts'),
  },
];
