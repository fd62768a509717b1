import { definitely } from '../../src/kernel/assert.ts';
import { type ComplexSchema, type LoadedSchemas, nameOf, type Schema } from './avro-schemas.ts';

const header = '// Written by `npm run generate` from schemas/**/*.avsc. Do not edit.\n';

/** TypeScript for the event types. */
export function eventTypesSource({ shared, events }: LoadedSchemas): string {
  const enums = new Map<string, ComplexSchema>();
  const named = [...shared, ...events.map((event) => event.schema)];
  const records = named.filter(({ type }) => type === 'record');
  for (const schema of shared) collectEnums(schema, enums);
  for (const record of records) for (const field of record.fields ?? []) collectEnums(field.type, enums);
  const names = events.map((event) => event.name);
  return [
    header,
    "import type { JsonValue } from '../../src/kernel/json.ts';\n",
    ...[...enums.values()].map(enumSource),
    ...records.map(recordSource),
    undecodableSource,
    `export interface EventDataByType {\n${names.map((n) => `  readonly ${n}: ${n};`).join('\n')}\n  readonly Undecodable: Undecodable;\n}\n`,
    '/** The name of an event type. */\nexport type EventType = keyof EventDataByType;\n',
    `/** Every event type that can be written. */\nexport const eventTypes = [\n${names.map((n) => `  '${n}',`).join('\n')}\n] as const;\n`,
    '/** An event of the given type or types: what happened, without where and when. */\nexport type EventOf<T extends EventType = EventType> = T extends EventType\n  ? { readonly type: T; readonly data: EventDataByType[T] }\n  : never;\n',
    '/** Any event. */\nexport type IhumanEvent = EventOf;\n',
  ].join('\n');
}

const undecodableSource = `/** An event that this program has no schema for. Consumers skip it. */
export interface Undecodable {
  readonly fingerprint: string;
  readonly base64: string;
  readonly reason: string;
}
`;

/** The schemas as constants, so that nothing reads or fingerprints files when a server starts. */
export function schemaConstantsSource({ events, record }: LoadedSchemas): string {
  const rows = events.map(
    (e) =>
      `  {\n    name: '${e.name}',\n    fingerprint: '${e.fingerprint}',\n    json: ${quote(JSON.stringify(e.complete))},\n  },`,
  );
  return [
    header,
    "import type { EventType } from './events.ts';\n",
    "/** The schema of an event type: self-contained JSON and its CRC-64-AVRO fingerprint. */\nexport interface EventSchema {\n  readonly name: Exclude<EventType, 'Undecodable'>;\n  readonly fingerprint: string;\n  readonly json: string;\n}\n",
    `export const eventSchemas: readonly EventSchema[] = [\n${rows.join('\n')}\n];\n`,
    `/** The schema of an append as it is stored. */\nexport const recordSchemaJson =\n  ${quote(JSON.stringify(record))};\n`,
  ].join('\n');
}

/** The page that lists all events. */
export function eventsPage({ shared, events }: LoadedSchemas): string {
  const section = (schema: ComplexSchema): string => {
    if (schema.symbols !== undefined)
      return `## ${nameOf(schema)}\n\n${schema.doc ?? ''} One of ${schema.symbols.map((symbol) => `\`${symbol}\``).join(', ')}.\n`;
    const rows = (schema.fields ?? []).map(
      (f) => `| \`${f.name}\` | \`${typeOf(f.type).replaceAll('|', '\\|')}\` | ${f.doc ?? ''} |`,
    );
    const table =
      rows.length === 0 ? 'No fields.' : ['| field | type | meaning |', '| --- | --- | --- |', ...rows].join('\n');
    return `## ${nameOf(schema)}\n\n${schema.doc ?? ''}\n\n${table}\n`;
  };
  return [
    '# Events\n',
    'Written by `npm run generate` from the schemas in `schemas/`. Every event also carries `id`, `stream`, `revision`, `position`, `at`, `actor`, `causationId` and `correlationId`.\n',
    'An event follows from the ones before it in its stream; the last two say what the stream does not. `causationId` is the id of the event in another stream that led to this one: on the request of a repeated execution (`cause` is `retry`), the last event of the execution that it repeats. `correlationId` is the whole that the stream belongs to: on the requests of a batch, the batch. Otherwise both are null.\n',
    ...events.map((e) => section(e.schema)),
    '# Shared types\n',
    ...shared.map(section),
  ].join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function collectEnums(schema: Schema, into: Map<string, ComplexSchema>): void {
  if (typeof schema === 'string') return;
  if (!('type' in schema)) {
    for (const branch of schema) collectEnums(branch, into);
    return;
  }
  if (schema.type === 'enum') into.set(nameOf(schema), schema);
  if (schema.items !== undefined) collectEnums(schema.items, into);
}

function enumSource(schema: ComplexSchema): string {
  const symbols = (schema.symbols ?? []).map((symbol) => `'${symbol}'`).join(' | ');
  return `/** ${schema.doc ?? ''} */\nexport type ${nameOf(schema)} = ${symbols};\n`;
}

function recordSource(schema: ComplexSchema): string {
  const fields = (schema.fields ?? []).map((f) => `  /** ${f.doc ?? ''} */\n  readonly ${f.name}: ${typeOf(f.type)};`);
  const name = nameOf(schema);
  const doc = `/** ${schema.doc ?? ''} */\n`;
  if (fields.length === 0) return `${doc}export type ${name} = Readonly<Record<string, never>>;\n`;
  return `${doc}export interface ${name} {\n${fields.join('\n')}\n}\n`;
}

const primitives: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  string: 'string',
  bytes: 'Buffer',
};

function typeOf(schema: Schema): string {
  if (typeof schema === 'string') return primitives[schema] ?? schema;
  if (!('type' in schema)) {
    const branches = schema.map(typeOf);
    return [...branches.filter((b) => b !== 'null'), ...branches.filter((b) => b === 'null')].join(' | ');
  }
  if (schema.logicalType === 'json') return 'JsonValue';
  if (schema.logicalType === 'hex') return 'string';
  if (schema.type === 'array') return `readonly ${typeOf(definitely(schema.items, 'an array has items'))}[]`;
  if (schema.type === 'enum') return nameOf(schema);
  return typeOf(schema.type);
}
