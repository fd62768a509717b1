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
    name: 'DeliveryAttemptFailed',
    fingerprint: '9501ba3a45e0b605',
    json: '{"type":"record","name":"DeliveryAttemptFailed","namespace":"ihuman.events","doc":"A webhook did not take a delivery.","fields":[{"name":"webhook","type":"string","doc":"Webhook that it goes to."},{"name":"event","type":"string","doc":"Id of the event that it tells of."},{"name":"attempt","type":"int","doc":"Number of the attempt, from 1."},{"name":"trigger","type":{"type":"enum","name":"DeliveryTrigger","symbols":["event","replay","manual","test"],"doc":"What led to an attempt of a delivery.","namespace":"ihuman.events"},"doc":"What led to it."},{"name":"statusCode","type":["null","int"],"doc":"HTTP status of the answer; null when there was none.","default":null},{"name":"errorCode","type":"string","doc":"What went wrong, in one of a few words."},{"name":"message","type":"string","doc":"What went wrong, for people."},{"name":"durationMs","type":"int","doc":"From the start of the attempt to its end."},{"name":"requestHeaders","type":{"type":"string","logicalType":"json"},"doc":"Headers that were sent; values that are nobody else\'s business are masked."},{"name":"responseExcerpt","type":"string","doc":"Beginning of the answer\'s body."},{"name":"responseTruncated","type":"boolean","doc":"Whether the answer was longer."},{"name":"nextAttemptAtMs","type":["null","long"],"doc":"When it is tried again; null: it is given up.","default":null}]}',
  },
  {
    name: 'DeliveryRequested',
    fingerprint: '4c72b9ccaadcc69b',
    json: '{"type":"record","name":"DeliveryRequested","namespace":"ihuman.events","doc":"A delivery was asked for by hand or by a replay, once more or for the first time.","fields":[{"name":"webhook","type":"string","doc":"Webhook that it goes to."},{"name":"event","type":"string","doc":"Id of the event that it tells of."},{"name":"eventType","type":"string","doc":"Public name of the event."},{"name":"owner","type":"string","doc":"User whom the webhook belongs to."},{"name":"skill","type":["null","string"],"doc":"Skill of the execution that the event tells of.","default":null},{"name":"trigger","type":{"type":"enum","name":"DeliveryTrigger","symbols":["event","replay","manual","test"],"doc":"What led to an attempt of a delivery.","namespace":"ihuman.events"},"doc":"What led to it."},{"name":"replay","type":["null","string"],"doc":"Replay that asked for it.","default":null}]}',
  },
  {
    name: 'DeliverySkipped',
    fingerprint: '934021c46fcfe2d5',
    json: '{"type":"record","name":"DeliverySkipped","namespace":"ihuman.events","doc":"A delivery that was due is not made.","fields":[{"name":"webhook","type":"string","doc":"Webhook that it goes to."},{"name":"event","type":"string","doc":"Id of the event that it tells of."},{"name":"reason","type":{"type":"enum","name":"DeliverySkipReason","symbols":["webhookDeleted","backlogSkipped","userErased","eventGone"],"doc":"Why a delivery is not made."},"doc":"Why."}]}',
  },
  {
    name: 'DeliverySucceeded',
    fingerprint: '5a6d1057734c6edc',
    json: '{"type":"record","name":"DeliverySucceeded","namespace":"ihuman.events","doc":"A webhook took a delivery.","fields":[{"name":"webhook","type":"string","doc":"Webhook that it goes to."},{"name":"event","type":"string","doc":"Id of the event that it tells of."},{"name":"attempt","type":"int","doc":"Number of the attempt, from 1."},{"name":"trigger","type":{"type":"enum","name":"DeliveryTrigger","symbols":["event","replay","manual","test"],"doc":"What led to an attempt of a delivery.","namespace":"ihuman.events"},"doc":"What led to it."},{"name":"statusCode","type":"int","doc":"HTTP status of the answer."},{"name":"durationMs","type":"int","doc":"From the start of the attempt to its end."},{"name":"requestHeaders","type":{"type":"string","logicalType":"json"},"doc":"Headers that were sent; values that are nobody else\'s business are masked."},{"name":"responseExcerpt","type":"string","doc":"Beginning of the answer\'s body."},{"name":"responseTruncated","type":"boolean","doc":"Whether the answer was longer."}]}',
  },
  {
    name: 'EventEmitted',
    fingerprint: '245dc71ea77bdd98',
    json: '{"type":"record","name":"EventEmitted","namespace":"ihuman.events","doc":"Somebody told of an event of their own.","fields":[{"name":"name","type":"string","doc":"Name of the event."},{"name":"owner","type":"string","doc":"User whose webhooks hear of it."},{"name":"key","type":["null","string"],"doc":"What it is about; deliveries may keep the order of equal keys.","default":null},{"name":"data","type":{"type":"string","logicalType":"json"},"doc":"What the event says."}]}',
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
    fingerprint: 'a800a48a77f57969',
    json: '{"type":"record","name":"ExecutionStarted","namespace":"ihuman.events","doc":"A node began an attempt.","fields":[{"name":"attempt","type":"int","doc":"Number of the attempt, from 1."},{"name":"node","type":"string","doc":"Node that runs it."},{"name":"mode","type":{"type":"enum","name":"RunnerMode","symbols":["process","inline","external","workflow"],"doc":"Where skill code runs."},"doc":"Where the skill runs."},{"name":"limits","type":["null",{"type":"record","name":"RunLimits","namespace":"ihuman.events","doc":"The limits that an attempt in a child process ran under.","fields":[{"name":"timeoutMs","type":"int","doc":"Wall-clock limit in milliseconds."},{"name":"heapMb","type":"int","doc":"JavaScript heap limit in mebibytes."},{"name":"rssMb","type":"int","doc":"Resident memory limit in mebibytes."},{"name":"outputBytes","type":"int","doc":"Limit of what is kept of standard output and error."},{"name":"resultBytes","type":"int","doc":"Limit of the result as JSON."}]}],"doc":"Limits of the attempt; null when it is not run in a child process.","default":null},{"name":"skillDigest","type":["null",{"type":"bytes","logicalType":"hex"}],"doc":"SHA-256 over the files of the skill that this attempt runs, when they changed after the request; null: they did not.","default":null}]}',
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
    name: 'ScheduleBackfillEnded',
    fingerprint: 'd69d790236c7e6a3',
    json: '{"type":"record","name":"ScheduleBackfillEnded","namespace":"ihuman.events","doc":"A backfill is over.","fields":[{"name":"backfill","type":"string","doc":"Names the backfill."},{"name":"fired","type":"int","doc":"Runs that it led to."}]}',
  },
  {
    name: 'ScheduleBackfillRequested',
    fingerprint: '34493a0e2f9b791c',
    json: '{"type":"record","name":"ScheduleBackfillRequested","namespace":"ihuman.events","doc":"Past times of a schedule are to be run.","fields":[{"name":"backfill","type":"string","doc":"Names the backfill."},{"name":"fromMs","type":"long","doc":"The first time that counts."},{"name":"untilMs","type":"long","doc":"The last time that counts."}]}',
  },
  {
    name: 'ScheduleCreated',
    fingerprint: '001f4272013aed88',
    json: '{"type":"record","name":"ScheduleCreated","namespace":"ihuman.events","doc":"Somebody asked for runs at certain times.","fields":[{"name":"owner","type":"string","doc":"User whom the schedule belongs to."},{"name":"settings","type":{"type":"record","name":"ScheduleSettings","namespace":"ihuman.events","doc":"What a schedule is set to.","fields":[{"name":"cronExpression","type":"string","doc":"When it fires."},{"name":"timeZone","type":"string","doc":"IANA name of the time zone of the expression."},{"name":"description","type":"string","doc":"What it is for."},{"name":"targetKind","type":{"type":"enum","name":"ScheduleTargetKind","symbols":["skill","workflow","none"],"doc":"What a schedule runs."},"doc":"What it runs."},{"name":"target","type":"string","doc":"Name of the skill or workflow; empty for none."},{"name":"params","type":{"type":"string","logicalType":"json"},"doc":"Parameters of each run; secret ones are left out."},{"name":"sealed","type":["null","string"],"doc":"Where the vault keeps secret parameters; null when there are none.","default":null},{"name":"overlap","type":{"type":"enum","name":"OverlapPolicy","symbols":["skip","bufferOne","bufferAll","cancelOther","terminateOther","allowAll"],"doc":"What happens when a run is due while another one of the schedule is open."},"doc":"What happens when the last run is still open."},{"name":"misfire","type":{"type":"enum","name":"MisfirePolicy","symbols":["skip","one","all"],"doc":"What happens to firings that were missed."},"doc":"What happens to firings that were missed."},{"name":"catchUpWindowMs","type":"long","doc":"Firings that are later than this are not made up for."},{"name":"jitterMs","type":"int","doc":"Firings are spread over so long."},{"name":"startAtMs","type":["null","long"],"doc":"Not before; null: no bound.","default":null},{"name":"endAtMs","type":["null","long"],"doc":"Not after; null: no bound.","default":null},{"name":"maxRuns","type":["null","int"],"doc":"Firings in all; null: no limit.","default":null},{"name":"pauseAfterFailures","type":["null","int"],"doc":"Paused when so many runs in a row ended badly; null: never.","default":null},{"name":"skippedTimes","type":{"type":"enum","name":"SkippedTimesPolicy","symbols":["shift","skip"],"doc":"What happens to local times that a change of the clocks leaves out."},"doc":"What happens to local times that do not exist."},{"name":"repeatedTimes","type":{"type":"enum","name":"RepeatedTimesPolicy","symbols":["auto","first","last","both"],"doc":"What happens to local times that a change of the clocks repeats."},"doc":"What happens to local times that come twice."}]},"doc":"What it is set to."}]}',
  },
  {
    name: 'ScheduleDeleted',
    fingerprint: '64832c3075604f91',
    json: '{"type":"record","name":"ScheduleDeleted","namespace":"ihuman.events","doc":"A schedule is gone.","fields":[]}',
  },
  {
    name: 'ScheduleFired',
    fingerprint: 'b86669ad2c8e37f8',
    json: '{"type":"record","name":"ScheduleFired","namespace":"ihuman.events","doc":"A schedule led to a run.","fields":[{"name":"instantMs","type":"long","doc":"The time that the expression names."},{"name":"effectiveAtMs","type":"long","doc":"When it was due, with the spread."},{"name":"trigger","type":{"type":"enum","name":"FiringTrigger","symbols":["cron","catchUp","manual","backfill"],"doc":"What led to a firing.","namespace":"ihuman.events"},"doc":"What led to it."},{"name":"execution","type":["null","string"],"doc":"The run; null when the schedule runs nothing.","default":null},{"name":"backfill","type":["null","string"],"doc":"Backfill that it belongs to.","default":null}]}',
  },
  {
    name: 'ScheduleFiringBuffered',
    fingerprint: '8fde63ecdef49d63',
    json: '{"type":"record","name":"ScheduleFiringBuffered","namespace":"ihuman.events","doc":"A firing waits until the run before it has ended.","fields":[{"name":"instantMs","type":"long","doc":"The time that the expression names."},{"name":"effectiveAtMs","type":"long","doc":"When it was due, with the spread."},{"name":"trigger","type":{"type":"enum","name":"FiringTrigger","symbols":["cron","catchUp","manual","backfill"],"doc":"What led to a firing.","namespace":"ihuman.events"},"doc":"What led to it."},{"name":"backfill","type":["null","string"],"doc":"Backfill that it belongs to.","default":null}]}',
  },
  {
    name: 'ScheduleFiringSkipped',
    fingerprint: 'f852383d013b8377',
    json: '{"type":"record","name":"ScheduleFiringSkipped","namespace":"ihuman.events","doc":"Firings did not happen.","fields":[{"name":"fromMs","type":"long","doc":"The first of them."},{"name":"untilMs","type":"long","doc":"The last of them."},{"name":"count","type":["null","int"],"doc":"How many; null when they were not counted: all that the expression has between the two.","default":null},{"name":"reason","type":{"type":"enum","name":"FiringSkipReason","symbols":["overlap","bufferFull","misfire","catchUpWindow","paused","revised","deleted","targetMissing","paramsInvalid","alreadyFired"],"doc":"Why firings did not happen."},"doc":"Why."},{"name":"execution","type":["null","string"],"doc":"The run that was in the way.","default":null},{"name":"note","type":"string","doc":"More about it."},{"name":"backfill","type":["null","string"],"doc":"Backfill that they belong to.","default":null}]}',
  },
  {
    name: 'SchedulePaused',
    fingerprint: '15a7f500946c56ae',
    json: '{"type":"record","name":"SchedulePaused","namespace":"ihuman.events","doc":"A schedule fires no more for a while.","fields":[{"name":"reason","type":{"type":"enum","name":"SchedulePausedReason","symbols":["user","failures"],"doc":"Why a schedule was paused."},"doc":"Why."},{"name":"note","type":"string","doc":"More about it."},{"name":"untilMs","type":["null","long"],"doc":"When it goes on by itself; null: when somebody resumes it.","default":null}]}',
  },
  {
    name: 'ScheduleResumed',
    fingerprint: '468cb0a02db39f09',
    json: '{"type":"record","name":"ScheduleResumed","namespace":"ihuman.events","doc":"A schedule fires again.","fields":[{"name":"note","type":"string","doc":"More about it."}]}',
  },
  {
    name: 'ScheduleRevised',
    fingerprint: '58e739b91e36630e',
    json: '{"type":"record","name":"ScheduleRevised","namespace":"ihuman.events","doc":"A schedule was set to something else.","fields":[{"name":"settings","type":{"type":"record","name":"ScheduleSettings","namespace":"ihuman.events","doc":"What a schedule is set to.","fields":[{"name":"cronExpression","type":"string","doc":"When it fires."},{"name":"timeZone","type":"string","doc":"IANA name of the time zone of the expression."},{"name":"description","type":"string","doc":"What it is for."},{"name":"targetKind","type":{"type":"enum","name":"ScheduleTargetKind","symbols":["skill","workflow","none"],"doc":"What a schedule runs."},"doc":"What it runs."},{"name":"target","type":"string","doc":"Name of the skill or workflow; empty for none."},{"name":"params","type":{"type":"string","logicalType":"json"},"doc":"Parameters of each run; secret ones are left out."},{"name":"sealed","type":["null","string"],"doc":"Where the vault keeps secret parameters; null when there are none.","default":null},{"name":"overlap","type":{"type":"enum","name":"OverlapPolicy","symbols":["skip","bufferOne","bufferAll","cancelOther","terminateOther","allowAll"],"doc":"What happens when a run is due while another one of the schedule is open."},"doc":"What happens when the last run is still open."},{"name":"misfire","type":{"type":"enum","name":"MisfirePolicy","symbols":["skip","one","all"],"doc":"What happens to firings that were missed."},"doc":"What happens to firings that were missed."},{"name":"catchUpWindowMs","type":"long","doc":"Firings that are later than this are not made up for."},{"name":"jitterMs","type":"int","doc":"Firings are spread over so long."},{"name":"startAtMs","type":["null","long"],"doc":"Not before; null: no bound.","default":null},{"name":"endAtMs","type":["null","long"],"doc":"Not after; null: no bound.","default":null},{"name":"maxRuns","type":["null","int"],"doc":"Firings in all; null: no limit.","default":null},{"name":"pauseAfterFailures","type":["null","int"],"doc":"Paused when so many runs in a row ended badly; null: never.","default":null},{"name":"skippedTimes","type":{"type":"enum","name":"SkippedTimesPolicy","symbols":["shift","skip"],"doc":"What happens to local times that a change of the clocks leaves out."},"doc":"What happens to local times that do not exist."},{"name":"repeatedTimes","type":{"type":"enum","name":"RepeatedTimesPolicy","symbols":["auto","first","last","both"],"doc":"What happens to local times that a change of the clocks repeats."},"doc":"What happens to local times that come twice."}]},"doc":"What it is set to now."}]}',
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
  {
    name: 'WebhookCreated',
    fingerprint: '030405df071553d5',
    json: '{"type":"record","name":"WebhookCreated","namespace":"ihuman.events","doc":"Somebody asked for events to be delivered.","fields":[{"name":"owner","type":"string","doc":"User whom the webhook belongs to."},{"name":"settings","type":{"type":"record","name":"WebhookSettings","namespace":"ihuman.events","doc":"What a webhook is set to.","fields":[{"name":"url","type":"string","doc":"Where deliveries go."},{"name":"eventTypes","type":{"type":"array","items":"string"},"doc":"Names of the events that are delivered; * stands for any run of characters."},{"name":"skills","type":["null",{"type":"array","items":"string"}],"doc":"Only events of executions of these skills; null: of all.","default":null},{"name":"description","type":"string","doc":"What it is for."},{"name":"headerNames","type":{"type":"array","items":"string"},"doc":"Names of the headers that are added; their values are in the vault."},{"name":"sealed","type":"string","doc":"Where the vault keeps secrets and header values."},{"name":"retryDelaysMs","type":{"type":"array","items":"int"},"doc":"Wait before each further attempt."},{"name":"jitter","type":"double","doc":"Share of a wait that may be added to it at random, 0 to 1."},{"name":"timeoutMs","type":"int","doc":"Deadline of one attempt."},{"name":"concurrency","type":"int","doc":"Attempts that may run at once."},{"name":"ratePerSecond","type":["null","double"],"doc":"Attempts that may begin in a second; null: no limit.","default":null},{"name":"ordering","type":{"type":"enum","name":"DeliveryOrdering","symbols":["none","endpoint","key"],"doc":"What has to end before the next delivery begins."},"doc":"Whether deliveries wait for the ones before them: none, all of the endpoint, or those of the same key."},{"name":"disableAfterMs","type":["null","long"],"doc":"Disabled when nothing has been delivered for so long and deliveries were given up; null: never.","default":null}]},"doc":"What it is set to."}]}',
  },
  {
    name: 'WebhookDeleted',
    fingerprint: 'f5667ab2056bed96',
    json: '{"type":"record","name":"WebhookDeleted","namespace":"ihuman.events","doc":"A webhook is gone.","fields":[]}',
  },
  {
    name: 'WebhookDisabled',
    fingerprint: 'b93303ff31d43b06',
    json: '{"type":"record","name":"WebhookDisabled","namespace":"ihuman.events","doc":"Nothing is delivered to a webhook any more.","fields":[{"name":"reason","type":{"type":"enum","name":"WebhookDisabledReason","symbols":["user","failing","gone"],"doc":"Why a webhook was disabled."},"doc":"Why."},{"name":"note","type":"string","doc":"More about it."}]}',
  },
  {
    name: 'WebhookEnabled',
    fingerprint: '40cde3b88c89f69f',
    json: '{"type":"record","name":"WebhookEnabled","namespace":"ihuman.events","doc":"A webhook is delivered to again.","fields":[{"name":"backlog","type":{"type":"enum","name":"WebhookBacklog","symbols":["deliver","skip"],"doc":"What becomes of what came while a webhook was disabled."},"doc":"What becomes of what waited or came meanwhile."}]}',
  },
  {
    name: 'WebhookReplayAdvanced',
    fingerprint: '7ed71895e47d68f9',
    json: '{"type":"record","name":"WebhookReplayAdvanced","namespace":"ihuman.events","doc":"A replay has come further.","fields":[{"name":"replay","type":"string","doc":"Names the replay."},{"name":"position","type":"long","doc":"Everything up to this position was looked at."},{"name":"requested","type":"int","doc":"Deliveries asked for so far."}]}',
  },
  {
    name: 'WebhookReplayEnded',
    fingerprint: '46f52184385b2999',
    json: '{"type":"record","name":"WebhookReplayEnded","namespace":"ihuman.events","doc":"A replay is over.","fields":[{"name":"replay","type":"string","doc":"Names the replay."},{"name":"requested","type":"int","doc":"Deliveries asked for in all."},{"name":"complete","type":"boolean","doc":"False when it was given up."}]}',
  },
  {
    name: 'WebhookReplayRequested',
    fingerprint: 'afb7a9e277651aaa',
    json: '{"type":"record","name":"WebhookReplayRequested","namespace":"ihuman.events","doc":"Past events are to be delivered to a webhook.","fields":[{"name":"replay","type":"string","doc":"Names the replay."},{"name":"from","type":"long","doc":"Position after which it begins."},{"name":"until","type":["null","long"],"doc":"Last position of it; null: that of this event.","default":null},{"name":"scope","type":{"type":"enum","name":"ReplayScope","symbols":["missing","all"],"doc":"Which past events a replay delivers."},"doc":"Those that were never delivered, or all."}]}',
  },
  {
    name: 'WebhookRevised',
    fingerprint: 'dd2ae5f615023a91',
    json: '{"type":"record","name":"WebhookRevised","namespace":"ihuman.events","doc":"A webhook was set to something else.","fields":[{"name":"settings","type":{"type":"record","name":"WebhookSettings","namespace":"ihuman.events","doc":"What a webhook is set to.","fields":[{"name":"url","type":"string","doc":"Where deliveries go."},{"name":"eventTypes","type":{"type":"array","items":"string"},"doc":"Names of the events that are delivered; * stands for any run of characters."},{"name":"skills","type":["null",{"type":"array","items":"string"}],"doc":"Only events of executions of these skills; null: of all.","default":null},{"name":"description","type":"string","doc":"What it is for."},{"name":"headerNames","type":{"type":"array","items":"string"},"doc":"Names of the headers that are added; their values are in the vault."},{"name":"sealed","type":"string","doc":"Where the vault keeps secrets and header values."},{"name":"retryDelaysMs","type":{"type":"array","items":"int"},"doc":"Wait before each further attempt."},{"name":"jitter","type":"double","doc":"Share of a wait that may be added to it at random, 0 to 1."},{"name":"timeoutMs","type":"int","doc":"Deadline of one attempt."},{"name":"concurrency","type":"int","doc":"Attempts that may run at once."},{"name":"ratePerSecond","type":["null","double"],"doc":"Attempts that may begin in a second; null: no limit.","default":null},{"name":"ordering","type":{"type":"enum","name":"DeliveryOrdering","symbols":["none","endpoint","key"],"doc":"What has to end before the next delivery begins."},"doc":"Whether deliveries wait for the ones before them: none, all of the endpoint, or those of the same key."},{"name":"disableAfterMs","type":["null","long"],"doc":"Disabled when nothing has been delivered for so long and deliveries were given up; null: never.","default":null}]},"doc":"What it is set to now."}]}',
  },
  {
    name: 'WebhookSecretRotated',
    fingerprint: 'fbe485c62f17ff51',
    json: '{"type":"record","name":"WebhookSecretRotated","namespace":"ihuman.events","doc":"A webhook has a new secret; the old ones sign beside it for a while.","fields":[{"name":"sealed","type":"string","doc":"Where the vault keeps secrets and header values."},{"name":"oldUntilMs","type":"long","doc":"Until when the former secret signs too."}]}',
  },
  {
    name: 'WebhookTested',
    fingerprint: 'e2d968896ccdf1c8',
    json: '{"type":"record","name":"WebhookTested","namespace":"ihuman.events","doc":"Somebody asked for a delivery that only shows that it arrives.","fields":[]}',
  },
  {
    name: 'WorkflowDefined',
    fingerprint: 'f167f8a832689f12',
    json: '{"type":"record","name":"WorkflowDefined","namespace":"ihuman.events","doc":"A version of a workflow was defined.","fields":[{"name":"owner","type":"string","doc":"User whom the workflow belongs to."},{"name":"name","type":"string","doc":"Name of the workflow."},{"name":"version","type":"int","doc":"Number of the version, from 1."},{"name":"definition","type":{"type":"string","logicalType":"json"},"doc":"The definition, checked, defaults filled in."}]}',
  },
  {
    name: 'WorkflowRetired',
    fingerprint: 'e3215db224388715',
    json: '{"type":"record","name":"WorkflowRetired","namespace":"ihuman.events","doc":"A workflow runs no more.","fields":[]}',
  },
];

/** The schema of an append as it is stored. */
export const recordSchemaJson =
  '{"type":"record","name":"AppendRecord","namespace":"ihuman.events","doc":"One append as every backend stores it.","fields":[{"name":"appendId","type":"string","doc":"Name of the append within its stream; empty when nobody can repeat it."},{"name":"atMs","type":"long","doc":"When, in milliseconds since 1970."},{"name":"actor","type":"string","doc":"Who: a user, API key or node id, or system."},{"name":"causationId","type":["null","string"],"doc":"Id of the event that led to this one.","default":null},{"name":"correlationId","type":["null","string"],"doc":"What it belongs to as a whole.","default":null},{"name":"events","type":{"type":"array","items":"bytes"},"doc":"The events in single-object encoding."}]}';
