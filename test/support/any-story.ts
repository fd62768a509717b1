import fc from 'fast-check';

import type { IhumanEvent } from '../../schemas/generated/events.ts';
import { eventSchemas } from '../../schemas/generated/schemas.ts';
import type { NewEvent } from '../../src/event-log/event-log.ts';
import { schemaStream } from '../../src/event-log/schema-stream.ts';
import { anyEvent } from './event-arbitrary.ts';

/** One event and the stream that it happens to. */
export type Step = readonly [stream: string, event: NewEvent];

const owners = ['user_a', 'user_b', 'user_c'];
const skillNames = ['noop', 'other'];
const executions = ['exec_a', 'exec_b', 'exec_c', 'exec_d'];

/** The streams in which an event type happens. */
function streamsOf(type: string): readonly string[] {
  if (type.startsWith('Execution')) return executions;
  if (type.startsWith('Skill')) return skillNames.map((name) => `skill_${name}`);
  return type === 'SchemaRegistered' || type === 'FeedPublished' ? [schemaStream] : owners;
}

function stepOf(type: string): fc.Arbitrary<Step> {
  const schema = eventSchemas.find(({ name }) => name === type);
  if (schema === undefined) throw new Error(`there is no schema for ${type}`);
  const parts = { event: anyEvent(schema), owner: fc.constantFrom(...owners), skill: fc.constantFrom(...skillNames) };
  return fc
    .record({ ...parts, stream: fc.constantFrom(...streamsOf(type)) })
    .map(({ event, owner, skill, stream }) => [stream, withNames(event, stream, owner, skill)]);
}

/** Names are not any text: rows are found by them. */
function withNames(event: IhumanEvent, stream: string, owner: string, skill: string): NewEvent {
  switch (event.type) {
    case 'ExecutionRequested':
      return { ...event, data: { ...event.data, owner, skill } };
    case 'SkillRegistered':
      return { ...event, data: { ...event.data, name: stream.slice('skill_'.length) } };
    default:
      return event;
  }
}

/** What came into being first, so that most of the rest has something to happen to. */
const beginning = fc
  .tuple(...['UserRegistered', 'SkillRegistered', 'ExecutionRequested', 'ExecutionRequested'].map(stepOf))
  .map((steps): Step[] => steps);

/** Any sequence of events of all types that there are, with any data, in the streams where such events happen. */
export const anyStory: fc.Arbitrary<readonly Step[]> = fc
  .tuple(beginning, fc.array(fc.oneof(...eventSchemas.map(({ name }) => stepOf(name))), { maxLength: 60 }))
  .map(([first, rest]) => [...first, ...rest]);
