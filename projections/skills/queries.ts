import type { ReadModelReader } from '../../src/projecting/projection.ts';
import type { SkillRow } from './projection.ts';

/** Every skill that the log knows, by name. */
export function allSkills(reader: ReadModelReader): readonly SkillRow[] {
  return reader.all('SELECT * FROM skills ORDER BY name') as readonly SkillRow[];
}
