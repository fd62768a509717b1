import type { SkillRow } from '../../projections/skills/projection.ts';
import { decideSkill } from '../domain/skill/decide.ts';
import type { EventLog } from '../event-log/event-log.ts';
import type { Clock } from '../kernel/clock.ts';
import type { JsonValue } from '../kernel/json.ts';
import type { LoadedSkill } from '../skills/skill.ts';

interface Dependencies {
  readonly log: EventLog;
  readonly queries: { allSkills(): Promise<readonly SkillRow[]> };
  readonly clock: Clock;
  readonly node: string;
}

/**
 * Brings the log in line with the skill folders: new versions are registered, skills that are gone are retired. Of skills that
 * this node never `had` it says nothing where other nodes may have them.
 */
export async function recordSkills(
  deps: Dependencies,
  skills: readonly LoadedSkill[],
  had: readonly LoadedSkill[] = [],
): Promise<void> {
  const known = new Map((await deps.queries.allSkills()).map((row) => [row.name, row]));
  const found = new Map(skills.map((skill) => [skill.metadata.name, skill]));
  const judged = deps.log.capabilities.clustered ? had.map(({ metadata }) => metadata.name) : known.keys();
  const names = new Set([...judged, ...found.keys()]);
  await Promise.all([...names].map((name) => recordSkill(deps, name, known.get(name), found.get(name))));
}

async function recordSkill(
  { log, clock, node }: Dependencies,
  name: string,
  row: SkillRow | undefined,
  skill: LoadedSkill | undefined,
): Promise<void> {
  const state =
    row === undefined
      ? { phase: 'absent' as const }
      : { phase: row.retired === 1 ? ('retired' as const) : ('registered' as const), digest: row.digest };
  const events = decideSkill(
    skill === undefined
      ? { kind: 'retire', reason: 'no skill folder holds it in a form that can be used' }
      : {
          kind: 'register',
          name,
          version: skill.metadata.version,
          digest: skill.digest,
          metadata: skill.metadata as unknown as JsonValue,
        },
    state,
  );
  if (events.length === 0) return;
  // A conflict means that another node recorded the same thing first.
  await log.append({
    stream: `skill_${name}`,
    events,
    expected: row?.revision ?? 'none',
    actor: node,
    atMs: clock.now(),
  });
}
