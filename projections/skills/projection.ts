import { defineTable, type Projection, type ReadModelRow } from '../../src/projecting/projection.ts';

/** The newest version of a skill that any node registered. */
export type SkillRow = ReadModelRow & {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly metadataJson: string;
  readonly registeredAtMs: number;
  /** 1 while the skill is in no folder. */
  readonly retired: number;
  readonly revision: number;
};

export const skillsTable = defineTable<SkillRow>({
  name: 'skills',
  key: ['name'],
  columns: {
    name: 'text',
    version: 'text',
    digest: 'text',
    metadataJson: 'text',
    registeredAtMs: 'integer',
    retired: 'integer',
    revision: 'integer',
  },
  indexes: [],
});

/** The skills that the log knows. */
export const skillsProjection: Projection = {
  name: 'skills',
  version: 1,
  tables: [skillsTable],
  apply(event, write) {
    if (event.type === 'SkillRegistered') {
      const { name, version, digest, metadata } = event.data;
      const { atMs: registeredAtMs, revision } = event;
      write.put(skillsTable, {
        name,
        version,
        digest,
        metadataJson: JSON.stringify(metadata),
        registeredAtMs,
        retired: 0,
        revision,
      });
    } else if (event.type === 'SkillRetired') {
      const name = event.stream.slice('skill_'.length);
      const row = write.get(skillsTable, name);
      if (row !== undefined) write.put(skillsTable, { ...row, retired: 1, revision: event.revision });
    }
  },
};
