// Written by `npm run generate` from schemas/**/*.avsc. Do not edit.

import type { EventType } from './events.ts';

/** The schema of an event type: self-contained JSON and its CRC-64-AVRO fingerprint. */
export interface EventSchema {
  readonly name: Exclude<EventType, 'Undecodable'>;
  readonly fingerprint: string;
  readonly json: string;
}

export const eventSchemas: readonly EventSchema[] = [
  {
    name: 'ApiKeyIssued',
    fingerprint: 'acdd72c57b561f68',
    json: '{"type":"record","name":"ApiKeyIssued","namespace":"ihuman.events","doc":"An API key was made. Only its digest exists, in the vault.","fields":[{"name":"keyId","type":"string","doc":"Public part of the key."},{"name":"scopes","type":{"type":"array","items":"string"},"doc":"What the key may do."},{"name":"expiresAtMs","type":["null","long"],"doc":"When it stops working; null: never.","default":null}]}',
  },
  {
    name: 'ApiKeyRevoked',
    fingerprint: '4b67d74557984dbe',
    json: '{"type":"record","name":"ApiKeyRevoked","namespace":"ihuman.events","doc":"An API key stopped working.","fields":[{"name":"keyId","type":"string","doc":"Public part of the key."}]}',
  },
  {
    name: 'ExecutionAttemptFailed',
    fingerprint: 'e24b1debfe957c36',
    json: '{"type":"record","name":"ExecutionAttemptFailed","namespace":"ihuman.events","doc":"An attempt failed and will be repeated.","fields":[{"name":"attempt","type":"int","doc":"Number of the attempt, from 1."},{"name":"error","type":{"type":"record","name":"SkillError","namespace":"ihuman.events","doc":"Why an attempt failed.","fields":[{"name":"code","type":"string","doc":"Stable code, such as SKILL_THREW."},{"name":"message","type":"string","doc":"A sentence for people."},{"name":"stack","type":["null","string"],"doc":"The skill\'s own stack trace, shortened.","default":null}]},"doc":"Why."},{"name":"durationMs","type":"int","doc":"How long this attempt took, in milliseconds, as the runner measured."},{"name":"retryAtMs","type":"long","doc":"When the next attempt is due, in milliseconds since 1970."}]}',
  },
  {
    name: 'ExecutionAttemptLost',
    fingerprint: 'ec9bbdb3eaf1c5ff',
    json: '{"type":"record","name":"ExecutionAttemptLost","namespace":"ihuman.events","doc":"The node stopped during an attempt, which will be repeated.","fields":[{"name":"attempt","type":"int","doc":"Number of the attempt, from 1."},{"name":"node","type":"string","doc":"Node that stopped."},{"name":"retryAtMs","type":"long","doc":"When the next attempt is due, in milliseconds since 1970."}]}',
  },
  {
    name: 'ExecutionCancellationRequested',
    fingerprint: '5d159e2394d6fae2',
    json: '{"type":"record","name":"ExecutionCancellationRequested","namespace":"ihuman.events","doc":"Somebody asked a running execution to stop.","fields":[{"name":"reason","type":["null","string"],"doc":"Why.","default":null}]}',
  },
  {
    name: 'ExecutionCancelled',
    fingerprint: '7f50fcd7203cb384',
    json: '{"type":"record","name":"ExecutionCancelled","namespace":"ihuman.events","doc":"The execution was stopped on request.","fields":[{"name":"attempt","type":"int","doc":"Attempt that was stopped; 0 when none had started."},{"name":"durationMs","type":"int","doc":"How long the attempt took that was stopped, in milliseconds; when none was running, how long the execution had existed."},{"name":"reason","type":["null","string"],"doc":"Why.","default":null},{"name":"artifacts","type":{"type":"array","items":{"type":"record","name":"Artifact","namespace":"ihuman.events","doc":"A file left by a skill.","fields":[{"name":"path","type":"string","doc":"Path below the work directory, with forward slashes."},{"name":"sizeBytes","type":"long","doc":"Size in bytes."},{"name":"sha256","type":{"type":"bytes","logicalType":"hex"},"doc":"SHA-256 of the content."}]}},"doc":"Files that the skill left in its work directory."}]}',
  },
  {
    name: 'ExecutionCompleted',
    fingerprint: '8ea5de2f9ac3a5d1',
    json: '{"type":"record","name":"ExecutionCompleted","namespace":"ihuman.events","doc":"The skill returned a result.","fields":[{"name":"attempt","type":"int","doc":"Number of the attempt, from 1."},{"name":"result","type":{"type":"string","logicalType":"json"},"doc":"What it returned."},{"name":"durationMs","type":"int","doc":"How long the last attempt took, in milliseconds: from the start of the skill to its result, as the runner measured or another program told. Not the time from startedAt to endedAt, which begins with the first attempt and includes waiting."},{"name":"artifacts","type":{"type":"array","items":{"type":"record","name":"Artifact","namespace":"ihuman.events","doc":"A file left by a skill.","fields":[{"name":"path","type":"string","doc":"Path below the work directory, with forward slashes."},{"name":"sizeBytes","type":"long","doc":"Size in bytes."},{"name":"sha256","type":{"type":"bytes","logicalType":"hex"},"doc":"SHA-256 of the content."}]}},"doc":"Files that the skill left in its work directory."}]}',
  },
  {
    name: 'ExecutionExpired',
    fingerprint: '1cebeb956a7891aa',
    json: '{"type":"record","name":"ExecutionExpired","namespace":"ihuman.events","doc":"The execution waited longer than allowed and was not started.","fields":[{"name":"waitedMs","type":"long","doc":"How long it waited, in milliseconds. An expired execution has a durationMs of 0."}]}',
  },
  {
    name: 'ExecutionFailed',
    fingerprint: '013c8b5f9c0d1a80',
    json: '{"type":"record","name":"ExecutionFailed","namespace":"ihuman.events","doc":"The last attempt failed.","fields":[{"name":"attempt","type":"int","doc":"Number of the attempt, from 1."},{"name":"error","type":{"type":"record","name":"SkillError","namespace":"ihuman.events","doc":"Why an attempt failed.","fields":[{"name":"code","type":"string","doc":"Stable code, such as SKILL_THREW."},{"name":"message","type":"string","doc":"A sentence for people."},{"name":"stack","type":["null","string"],"doc":"The skill\'s own stack trace, shortened.","default":null}]},"doc":"Why."},{"name":"durationMs","type":"int","doc":"How long the last attempt took, in milliseconds, as the runner measured or another program told; for one that was lost with its node, until that was noticed."},{"name":"artifacts","type":{"type":"array","items":{"type":"record","name":"Artifact","namespace":"ihuman.events","doc":"A file left by a skill.","fields":[{"name":"path","type":"string","doc":"Path below the work directory, with forward slashes."},{"name":"sizeBytes","type":"long","doc":"Size in bytes."},{"name":"sha256","type":{"type":"bytes","logicalType":"hex"},"doc":"SHA-256 of the content."}]}},"doc":"Files that the skill left in its work directory."}]}',
  },
  {
    name: 'ExecutionLogged',
    fingerprint: 'b5923cd51f491022',
    json: '{"type":"record","name":"ExecutionLogged","namespace":"ihuman.events","doc":"The skill wrote one log line.","fields":[{"name":"attempt","type":"int","doc":"Number of the attempt, from 1."},{"name":"level","type":{"type":"enum","name":"LogLevel","symbols":["debug","info","warn","error"],"doc":"How urgent a log line is."},"doc":"How urgent."},{"name":"message","type":"string","doc":"The line."},{"name":"loggedAtMs","type":"long","doc":"When the skill wrote it, in milliseconds since 1970."}]}',
  },
  {
    name: 'ExecutionProgressed',
    fingerprint: '600ab00e5f17e04f',
    json: '{"type":"record","name":"ExecutionProgressed","namespace":"ihuman.events","doc":"The skill reported progress.","fields":[{"name":"attempt","type":"int","doc":"Number of the attempt, from 1."},{"name":"progress","type":"double","doc":"Percent, 0 to 100, never less than before within an attempt."},{"name":"status","type":["null","string"],"doc":"What the skill is doing.","default":null}]}',
  },
  {
    name: 'ExecutionRequested',
    fingerprint: 'f0501c6503536dcc',
    json: '{"type":"record","name":"ExecutionRequested","namespace":"ihuman.events","doc":"Somebody asked for a skill to run.","fields":[{"name":"owner","type":"string","doc":"User whom the execution belongs to."},{"name":"skill","type":"string","doc":"Name of the skill."},{"name":"skillVersion","type":"string","doc":"Version of the skill."},{"name":"skillDigest","type":{"type":"bytes","logicalType":"hex"},"doc":"SHA-256 over the files of the skill; empty when another program runs it."},{"name":"params","type":{"type":"string","logicalType":"json"},"doc":"Checked parameters, defaults applied. Secret ones are left out; under an idempotency key a keyed digest stands in their place."},{"name":"secretParams","type":{"type":"array","items":"string"},"doc":"Names of parameters whose values are in the vault."},{"name":"cause","type":{"type":"enum","name":"ExecutionCause","symbols":["api","batch","retry","schedule","workflow","external"],"doc":"What led to an execution."},"doc":"What led to it."},{"name":"causeId","type":["null","string"],"doc":"Which batch, execution, schedule or workflow run.","default":null},{"name":"priority","type":"int","doc":"Higher runs first."},{"name":"dueAtMs","type":["null","long"],"doc":"Not to be started earlier; null: at once.","default":null},{"name":"expiresAtMs","type":["null","long"],"doc":"Not to be started later; null: no limit.","default":null},{"name":"timeoutMs","type":"int","doc":"Limit of one attempt, in milliseconds."},{"name":"retry","type":{"type":"record","name":"RetryPolicy","namespace":"ihuman.events","doc":"How failed and lost attempts are repeated.","fields":[{"name":"maxAttempts","type":"int","doc":"Attempts in all, the first one included; lost attempts do not count."},{"name":"initialDelayMs","type":"int","doc":"Delay after the first failed attempt, in milliseconds."},{"name":"factor","type":"double","doc":"Each further delay is the one before it times this."},{"name":"maxDelayMs","type":"int","doc":"No delay is longer than this, in milliseconds."},{"name":"maxLostAttempts","type":"int","doc":"How many attempts may be lost with their node before the execution fails."}]},"doc":"How attempts are repeated."}]}',
  },
  {
    name: 'ExecutionStarted',
    fingerprint: 'f40e0eb5b17f8ab5',
    json: '{"type":"record","name":"ExecutionStarted","namespace":"ihuman.events","doc":"A node began an attempt.","fields":[{"name":"attempt","type":"int","doc":"Number of the attempt, from 1."},{"name":"node","type":"string","doc":"Node that runs it."},{"name":"mode","type":{"type":"enum","name":"RunnerMode","symbols":["process","inline","external"],"doc":"Where skill code runs."},"doc":"Where the skill runs."},{"name":"limits","type":["null",{"type":"record","name":"RunLimits","namespace":"ihuman.events","doc":"The limits that an attempt in a child process ran under.","fields":[{"name":"timeoutMs","type":"int","doc":"Wall-clock limit in milliseconds."},{"name":"heapMb","type":"int","doc":"JavaScript heap limit in mebibytes."},{"name":"rssMb","type":"int","doc":"Resident memory limit in mebibytes."},{"name":"outputBytes","type":"int","doc":"Limit of what is kept of standard output and error."},{"name":"resultBytes","type":"int","doc":"Limit of the result as JSON."}]}],"doc":"Limits of the attempt; null when it is not run in a child process.","default":null},{"name":"skillDigest","type":["null",{"type":"bytes","logicalType":"hex"}],"doc":"SHA-256 over the files of the skill that this attempt runs, when they changed after the request; null: they did not.","default":null}]}',
  },
  {
    name: 'ExecutionTimedOut',
    fingerprint: '11c24ef887d06e94',
    json: '{"type":"record","name":"ExecutionTimedOut","namespace":"ihuman.events","doc":"The last attempt ran into its time limit.","fields":[{"name":"attempt","type":"int","doc":"Number of the attempt, from 1."},{"name":"timeoutMs","type":"int","doc":"The limit."},{"name":"durationMs","type":"int","doc":"How long the last attempt took, in milliseconds, as the runner measured: the limit and the time it took to stop the skill."},{"name":"artifacts","type":{"type":"array","items":{"type":"record","name":"Artifact","namespace":"ihuman.events","doc":"A file left by a skill.","fields":[{"name":"path","type":"string","doc":"Path below the work directory, with forward slashes."},{"name":"sizeBytes","type":"long","doc":"Size in bytes."},{"name":"sha256","type":{"type":"bytes","logicalType":"hex"},"doc":"SHA-256 of the content."}]}},"doc":"Files that the skill left in its work directory."}]}',
  },
  {
    name: 'FeedPublished',
    fingerprint: 'c5da5c6c64b0de5d',
    json: '{"type":"record","name":"FeedPublished","namespace":"ihuman.events","doc":"Everything up to a position of this log is in the topic for outside consumers.","fields":[{"name":"topic","type":"string","doc":"The topic."},{"name":"epoch","type":"string","doc":"The log that the position belongs to."},{"name":"position","type":"long","doc":"The last position of which every event is in the topic."}]}',
  },
  {
    name: 'PasswordChanged',
    fingerprint: 'cc12fe9159a9af7f',
    json: '{"type":"record","name":"PasswordChanged","namespace":"ihuman.events","doc":"The account has a new password.","fields":[]}',
  },
  {
    name: 'SchemaRegistered',
    fingerprint: 'ef37826e3509673a',
    json: '{"type":"record","name":"SchemaRegistered","namespace":"ihuman.events","doc":"From here on the log may hold events written with this schema. This record itself never changes.","fields":[{"name":"name","type":"string","doc":"Name of the record."},{"name":"fingerprint","type":{"type":"bytes","logicalType":"hex"},"doc":"CRC-64-AVRO of the schema, big-endian."},{"name":"schema","type":{"type":"string","logicalType":"json"},"doc":"The schema."}]}',
  },
  {
    name: 'SignInDelayed',
    fingerprint: 'c357752165fada89',
    json: '{"type":"record","name":"SignInDelayed","namespace":"ihuman.events","doc":"Repeated failed sign-ins led to a delay for the account.","fields":[{"name":"failures","type":"int","doc":"Failures counted when the delay began."},{"name":"untilAtMs","type":"long","doc":"When the delay ends, in milliseconds since 1970."}]}',
  },
  {
    name: 'SkillRegistered',
    fingerprint: '468087b5d728d5ac',
    json: '{"type":"record","name":"SkillRegistered","namespace":"ihuman.events","doc":"A version of a skill was found in a skill folder for the first time.","fields":[{"name":"name","type":"string","doc":"Name of the skill."},{"name":"version","type":"string","doc":"Its semantic version."},{"name":"digest","type":{"type":"bytes","logicalType":"hex"},"doc":"SHA-256 over the files of the skill."},{"name":"metadata","type":{"type":"string","logicalType":"json"},"doc":"The skill\'s metadata."}]}',
  },
  {
    name: 'SkillRetired',
    fingerprint: '6b4de0ace012f39e',
    json: '{"type":"record","name":"SkillRetired","namespace":"ihuman.events","doc":"The skill is no longer in any skill folder.","fields":[{"name":"reason","type":"string","doc":"Why."}]}',
  },
  {
    name: 'UserErased',
    fingerprint: 'dfc50b9b2928b661',
    json: '{"type":"record","name":"UserErased","namespace":"ihuman.events","doc":"The account\'s personal data was erased from the vault.","fields":[{"name":"reason","type":"string","doc":"Why, as one word."}]}',
  },
  {
    name: 'UserRegistered',
    fingerprint: '0d99d4eee8d6ccb4',
    json: '{"type":"record","name":"UserRegistered","namespace":"ihuman.events","doc":"An account came into being. Profile and password live in the vault.","fields":[{"name":"role","type":{"type":"enum","name":"UserRole","symbols":["member","administrator"],"doc":"What the account may do."},"doc":"What the account may do."}]}',
  },
];

/** The schema of an append as it is stored. */
export const recordSchemaJson =
  '{"type":"record","name":"AppendRecord","namespace":"ihuman.events","doc":"One append as every backend stores it.","fields":[{"name":"appendId","type":"string","doc":"Name of the append within its stream; empty when nobody can repeat it."},{"name":"atMs","type":"long","doc":"When, in milliseconds since 1970."},{"name":"actor","type":"string","doc":"Who: a user, API key or node id, or system."},{"name":"causationId","type":["null","string"],"doc":"Id of the event that led to this one.","default":null},{"name":"correlationId","type":["null","string"],"doc":"What it belongs to as a whole.","default":null},{"name":"events","type":{"type":"array","items":"bytes"},"doc":"The events in single-object encoding."}]}';
