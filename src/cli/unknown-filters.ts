import type { IhumanClient } from '../../packages/sdk-js/src/index.ts';
import { closest } from '../kernel/closest.ts';
import type { CliContext } from './context.ts';

/** How the names of ihuman's own events begin; every other name is for events that somebody tells of by `POST /api/events`. */
export const ownEventKinds = ['execution', 'schedule', 'webhook'] as const;

/** Runs of a workflow have its name behind this in the place of a skill's. */
const workflowPrefix = 'workflow:';

/** The skill of the server whose name is nearest to `name`, if any is near. */
export async function nearSkill(client: IhumanClient, name: string): Promise<string | undefined> {
  const skills = await client.listSkills({ limit: 500 });
  return closest(
    name,
    skills.map(({ id }) => id),
  );
}

/** Says of each skill of a filter that the server does not have that it may be a slip. Whatever cannot be asked is not said. */
export async function noteUnknownSkills(
  { terminal }: CliContext,
  client: IhumanClient,
  names: readonly string[] = [],
): Promise<void> {
  for (const name of names) {
    if (name.startsWith(workflowPrefix) || (await isKnown(client, name))) continue;
    const near = await nearSkill(client, name).catch(() => undefined);
    terminal.note(`The server has no skill ${name}${near === undefined ? '.' : `; did you mean ${near}?`}`);
  }
}

async function isKnown(client: IhumanClient, name: string): Promise<boolean> {
  try {
    await client.getSkill(name);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'SKILL_NOT_FOUND');
  }
}

/** Says of each name or pattern that no event of ihuman's own can have what it is good for. */
export function noteForeignEvents({ terminal }: CliContext, patterns: readonly string[] = []): void {
  for (const pattern of patterns.filter((each) => !mayBeOwn(each))) {
    const near = closest(pattern.split('.', 1).join(''), ownEventKinds);
    const advice = near === undefined ? '' : ` Did you mean ${near}.*?`;
    terminal.note(`ihuman has no event ${pattern}: it stands for events that you tell of yourself.${advice}`);
  }
}

/** True where what is before the first star leaves room for a name of ihuman's own. */
function mayBeOwn(pattern: string): boolean {
  const [start = ''] = pattern.split('*', 1);
  const isWhole = !pattern.includes('*');
  return ownEventKinds.some((kind) => start.startsWith(`${kind}.`) || (!isWhole && `${kind}.`.startsWith(start)));
}
