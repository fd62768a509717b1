// Written by `npm run generate` from schemas/**/*.avsc. Do not edit.

import type { JsonValue } from '../../src/kernel/json.ts';

/** What led to an attempt of a delivery. */
export type DeliveryTrigger = 'event' | 'replay' | 'manual' | 'test';

/** What led to a firing. */
export type FiringTrigger = 'cron' | 'catchUp' | 'manual' | 'backfill';

/** What a schedule runs. */
export type ScheduleTargetKind = 'skill' | 'workflow' | 'none';

/** What happens when a run is due while another one of the schedule is open. */
export type OverlapPolicy = 'skip' | 'bufferOne' | 'bufferAll' | 'cancelOther' | 'terminateOther' | 'allowAll';

/** What happens to firings that were missed. */
export type MisfirePolicy = 'skip' | 'one' | 'all';

/** What happens to local times that a change of the clocks leaves out. */
export type SkippedTimesPolicy = 'shift' | 'skip';

/** What happens to local times that a change of the clocks repeats. */
export type RepeatedTimesPolicy = 'auto' | 'first' | 'last' | 'both';

/** What has to end before the next delivery begins. */
export type DeliveryOrdering = 'none' | 'endpoint' | 'key';

/** Why a delivery is not made. */
export type DeliverySkipReason = 'webhookDeleted' | 'backlogSkipped' | 'userErased' | 'eventGone';

/** How urgent a log line is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What led to an execution. */
export type ExecutionCause = 'api' | 'batch' | 'retry' | 'schedule' | 'workflow' | 'external';

/** Where skill code runs. */
export type RunnerMode = 'process' | 'inline' | 'external' | 'workflow';

/** Why firings did not happen. */
export type FiringSkipReason =
  | 'overlap'
  | 'bufferFull'
  | 'misfire'
  | 'catchUpWindow'
  | 'paused'
  | 'revised'
  | 'deleted'
  | 'targetMissing'
  | 'paramsInvalid'
  | 'alreadyFired';

/** Why a schedule was paused. */
export type SchedulePausedReason = 'user' | 'failures';

/** What the account may do. */
export type UserRole = 'member' | 'administrator';

/** Why a webhook was disabled. */
export type WebhookDisabledReason = 'user' | 'failing' | 'gone';

/** What becomes of what came while a webhook was disabled. */
export type WebhookBacklog = 'deliver' | 'skip';

/** Which past events a replay delivers. */
export type ReplayScope = 'missing' | 'all';

/** A file left by a skill. */
export interface Artifact {
  /** Path below the work directory, with forward slashes. */
  readonly path: string;
  /** Size in bytes. */
  readonly sizeBytes: number;
  /** SHA-256 of the content. */
  readonly sha256: string;
}

/** How failed and lost attempts are repeated. */
export interface RetryPolicy {
  /** Attempts in all, the first one included; lost attempts do not count. */
  readonly maxAttempts: number;
  /** Delay after the first failed attempt, in milliseconds. */
  readonly initialDelayMs: number;
  /** Each further delay is the one before it times this. */
  readonly factor: number;
  /** No delay is longer than this, in milliseconds. */
  readonly maxDelayMs: number;
  /** How many attempts may be lost with their node before the execution fails. */
  readonly maxLostAttempts: number;
}

/** The limits that an attempt in a child process ran under. */
export interface RunLimits {
  /** Wall-clock limit in milliseconds. */
  readonly timeoutMs: number;
  /** JavaScript heap limit in mebibytes. */
  readonly heapMb: number;
  /** Resident memory limit in mebibytes. */
  readonly rssMb: number;
  /** Limit of what is kept of standard output and error. */
  readonly outputBytes: number;
  /** Limit of the result as JSON. */
  readonly resultBytes: number;
}

/** What a schedule is set to. */
export interface ScheduleSettings {
  /** When it fires. */
  readonly cronExpression: string;
  /** IANA name of the time zone of the expression. */
  readonly timeZone: string;
  /** What it is for. */
  readonly description: string;
  /** What it runs. */
  readonly targetKind: ScheduleTargetKind;
  /** Name of the skill or workflow; empty for none. */
  readonly target: string;
  /** Parameters of each run; secret ones are left out. */
  readonly params: JsonValue;
  /** Where the vault keeps secret parameters; null when there are none. */
  readonly sealed: string | null;
  /** What happens when the last run is still open. */
  readonly overlap: OverlapPolicy;
  /** What happens to firings that were missed. */
  readonly misfire: MisfirePolicy;
  /** Firings that are later than this are not made up for. */
  readonly catchUpWindowMs: number;
  /** Firings are spread over so long. */
  readonly jitterMs: number;
  /** Not before; null: no bound. */
  readonly startAtMs: number | null;
  /** Not after; null: no bound. */
  readonly endAtMs: number | null;
  /** Firings in all; null: no limit. */
  readonly maxRuns: number | null;
  /** Paused when so many runs in a row ended badly; null: never. */
  readonly pauseAfterFailures: number | null;
  /** What happens to local times that do not exist. */
  readonly skippedTimes: SkippedTimesPolicy;
  /** What happens to local times that come twice. */
  readonly repeatedTimes: RepeatedTimesPolicy;
}

/** Why an attempt failed. */
export interface SkillError {
  /** Stable code, such as SKILL_THREW. */
  readonly code: string;
  /** A sentence for people. */
  readonly message: string;
  /** The skill's own stack trace, shortened. */
  readonly stack: string | null;
}

/** What a webhook is set to. */
export interface WebhookSettings {
  /** Where deliveries go. */
  readonly url: string;
  /** Names of the events that are delivered; * stands for any run of characters. */
  readonly eventTypes: readonly string[];
  /** Only events of executions of these skills; null: of all. */
  readonly skills: readonly string[] | null;
  /** What it is for. */
  readonly description: string;
  /** Names of the headers that are added; their values are in the vault. */
  readonly headerNames: readonly string[];
  /** Where the vault keeps secrets and header values. */
  readonly sealed: string;
  /** Wait before each further attempt. */
  readonly retryDelaysMs: readonly number[];
  /** Share of a wait that may be added to it at random, 0 to 1. */
  readonly jitter: number;
  /** Deadline of one attempt. */
  readonly timeoutMs: number;
  /** Attempts that may run at once. */
  readonly concurrency: number;
  /** Attempts that may begin in a second; null: no limit. */
  readonly ratePerSecond: number | null;
  /** Whether deliveries wait for the ones before them: none, all of the endpoint, or those of the same key. */
  readonly ordering: DeliveryOrdering;
  /** Disabled when nothing has been delivered for so long and deliveries were given up; null: never. */
  readonly disableAfterMs: number | null;
}

/** An API key was made. Only its digest exists, in the vault. */
export interface ApiKeyIssued {
  /** Public part of the key. */
  readonly keyId: string;
  /** What the key may do. */
  readonly scopes: readonly string[];
  /** When it stops working; null: never. */
  readonly expiresAtMs: number | null;
}

/** An API key stopped working. */
export interface ApiKeyRevoked {
  /** Public part of the key. */
  readonly keyId: string;
}

/** A webhook did not take a delivery. */
export interface DeliveryAttemptFailed {
  /** Webhook that it goes to. */
  readonly webhook: string;
  /** Id of the event that it tells of. */
  readonly event: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** What led to it. */
  readonly trigger: DeliveryTrigger;
  /** HTTP status of the answer; null when there was none. */
  readonly statusCode: number | null;
  /** What went wrong, in one of a few words. */
  readonly errorCode: string;
  /** What went wrong, for people. */
  readonly message: string;
  /** From the start of the attempt to its end. */
  readonly durationMs: number;
  /** Headers that were sent; values that are nobody else's business are masked. */
  readonly requestHeaders: JsonValue;
  /** Beginning of the answer's body. */
  readonly responseExcerpt: string;
  /** Whether the answer was longer. */
  readonly responseTruncated: boolean;
  /** When it is tried again; null: it is given up. */
  readonly nextAttemptAtMs: number | null;
}

/** A delivery was asked for by hand or by a replay, once more or for the first time. */
export interface DeliveryRequested {
  /** Webhook that it goes to. */
  readonly webhook: string;
  /** Id of the event that it tells of. */
  readonly event: string;
  /** Public name of the event. */
  readonly eventType: string;
  /** User whom the webhook belongs to. */
  readonly owner: string;
  /** Skill of the execution that the event tells of. */
  readonly skill: string | null;
  /** What led to it. */
  readonly trigger: DeliveryTrigger;
  /** Replay that asked for it. */
  readonly replay: string | null;
}

/** A delivery that was due is not made. */
export interface DeliverySkipped {
  /** Webhook that it goes to. */
  readonly webhook: string;
  /** Id of the event that it tells of. */
  readonly event: string;
  /** Why. */
  readonly reason: DeliverySkipReason;
}

/** A webhook took a delivery. */
export interface DeliverySucceeded {
  /** Webhook that it goes to. */
  readonly webhook: string;
  /** Id of the event that it tells of. */
  readonly event: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** What led to it. */
  readonly trigger: DeliveryTrigger;
  /** HTTP status of the answer. */
  readonly statusCode: number;
  /** From the start of the attempt to its end. */
  readonly durationMs: number;
  /** Headers that were sent; values that are nobody else's business are masked. */
  readonly requestHeaders: JsonValue;
  /** Beginning of the answer's body. */
  readonly responseExcerpt: string;
  /** Whether the answer was longer. */
  readonly responseTruncated: boolean;
}

/** Somebody told of an event of their own. */
export interface EventEmitted {
  /** Name of the event. */
  readonly name: string;
  /** User whose webhooks hear of it. */
  readonly owner: string;
  /** What it is about; deliveries may keep the order of equal keys. */
  readonly key: string | null;
  /** What the event says. */
  readonly data: JsonValue;
}

/** An attempt failed and will be repeated. */
export interface ExecutionAttemptFailed {
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** Why. */
  readonly error: SkillError;
  /** How long this attempt took, in milliseconds, as the runner measured. */
  readonly durationMs: number;
  /** When the next attempt is due, in milliseconds since 1970. */
  readonly retryAtMs: number;
}

/** The node stopped during an attempt, which will be repeated. */
export interface ExecutionAttemptLost {
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** Node that stopped. */
  readonly node: string;
  /** When the next attempt is due, in milliseconds since 1970. */
  readonly retryAtMs: number;
}

/** Somebody asked a running execution to stop. */
export interface ExecutionCancellationRequested {
  /** Why. */
  readonly reason: string | null;
}

/** The execution was stopped on request. */
export interface ExecutionCancelled {
  /** Attempt that was stopped; 0 when none had started. */
  readonly attempt: number;
  /** How long the attempt took that was stopped, in milliseconds; when none was running, how long the execution had existed. */
  readonly durationMs: number;
  /** Why. */
  readonly reason: string | null;
  /** Files that the skill left in its work directory. */
  readonly artifacts: readonly Artifact[];
}

/** The skill returned a result. */
export interface ExecutionCompleted {
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** What it returned. */
  readonly result: JsonValue;
  /** How long the last attempt took, in milliseconds: from the start of the skill to its result, as the runner measured or another program told. Not the time from startedAt to endedAt, which begins with the first attempt and includes waiting. */
  readonly durationMs: number;
  /** Files that the skill left in its work directory. */
  readonly artifacts: readonly Artifact[];
}

/** The execution waited longer than allowed and was not started. */
export interface ExecutionExpired {
  /** How long it waited, in milliseconds. An expired execution has a durationMs of 0. */
  readonly waitedMs: number;
}

/** The last attempt failed. */
export interface ExecutionFailed {
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** Why. */
  readonly error: SkillError;
  /** How long the last attempt took, in milliseconds, as the runner measured or another program told; for one that was lost with its node, until that was noticed. */
  readonly durationMs: number;
  /** Files that the skill left in its work directory. */
  readonly artifacts: readonly Artifact[];
}

/** The skill wrote one log line. */
export interface ExecutionLogged {
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** How urgent. */
  readonly level: LogLevel;
  /** The line. */
  readonly message: string;
  /** When the skill wrote it, in milliseconds since 1970. */
  readonly loggedAtMs: number;
}

/** The skill reported progress. */
export interface ExecutionProgressed {
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** Percent, 0 to 100, never less than before within an attempt. */
  readonly progress: number;
  /** What the skill is doing. */
  readonly status: string | null;
}

/** Somebody asked for a skill to run. */
export interface ExecutionRequested {
  /** User whom the execution belongs to. */
  readonly owner: string;
  /** Name of the skill. */
  readonly skill: string;
  /** Version of the skill. */
  readonly skillVersion: string;
  /** SHA-256 over the files of the skill; empty when another program runs it. */
  readonly skillDigest: string;
  /** Checked parameters, defaults applied. Secret ones are left out; under an idempotency key a keyed digest stands in their place. */
  readonly params: JsonValue;
  /** Names of parameters whose values are in the vault. */
  readonly secretParams: readonly string[];
  /** What led to it. */
  readonly cause: ExecutionCause;
  /** Which batch, execution, schedule or workflow run. */
  readonly causeId: string | null;
  /** Higher runs first. */
  readonly priority: number;
  /** Not to be started earlier; null: at once. */
  readonly dueAtMs: number | null;
  /** Not to be started later; null: no limit. */
  readonly expiresAtMs: number | null;
  /** Limit of one attempt, in milliseconds. */
  readonly timeoutMs: number;
  /** How attempts are repeated. */
  readonly retry: RetryPolicy;
}

/** A node began an attempt. */
export interface ExecutionStarted {
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** Node that runs it. */
  readonly node: string;
  /** Where the skill runs. */
  readonly mode: RunnerMode;
  /** Limits of the attempt; null when it is not run in a child process. */
  readonly limits: RunLimits | null;
  /** SHA-256 over the files of the skill that this attempt runs, when they changed after the request; null: they did not. */
  readonly skillDigest: string | null;
}

/** The last attempt ran into its time limit. */
export interface ExecutionTimedOut {
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** The limit. */
  readonly timeoutMs: number;
  /** How long the last attempt took, in milliseconds, as the runner measured: the limit and the time it took to stop the skill. */
  readonly durationMs: number;
  /** Files that the skill left in its work directory. */
  readonly artifacts: readonly Artifact[];
}

/** Everything up to a position of this log is in the topic for outside consumers. */
export interface FeedPublished {
  /** The topic. */
  readonly topic: string;
  /** The log that the position belongs to. */
  readonly epoch: string;
  /** The last position of which every event is in the topic. */
  readonly position: number;
}

/** The account has a new password. */
export type PasswordChanged = Readonly<Record<string, never>>;

/** A backfill is over. */
export interface ScheduleBackfillEnded {
  /** Names the backfill. */
  readonly backfill: string;
  /** Runs that it led to. */
  readonly fired: number;
}

/** Past times of a schedule are to be run. */
export interface ScheduleBackfillRequested {
  /** Names the backfill. */
  readonly backfill: string;
  /** The first time that counts. */
  readonly fromMs: number;
  /** The last time that counts. */
  readonly untilMs: number;
}

/** Somebody asked for runs at certain times. */
export interface ScheduleCreated {
  /** User whom the schedule belongs to. */
  readonly owner: string;
  /** What it is set to. */
  readonly settings: ScheduleSettings;
}

/** A schedule is gone. */
export type ScheduleDeleted = Readonly<Record<string, never>>;

/** A schedule led to a run. */
export interface ScheduleFired {
  /** The time that the expression names. */
  readonly instantMs: number;
  /** When it was due, with the spread. */
  readonly effectiveAtMs: number;
  /** What led to it. */
  readonly trigger: FiringTrigger;
  /** The run; null when the schedule runs nothing. */
  readonly execution: string | null;
  /** Backfill that it belongs to. */
  readonly backfill: string | null;
}

/** A firing waits until the run before it has ended. */
export interface ScheduleFiringBuffered {
  /** The time that the expression names. */
  readonly instantMs: number;
  /** When it was due, with the spread. */
  readonly effectiveAtMs: number;
  /** What led to it. */
  readonly trigger: FiringTrigger;
  /** Backfill that it belongs to. */
  readonly backfill: string | null;
}

/** Firings did not happen. */
export interface ScheduleFiringSkipped {
  /** The first of them. */
  readonly fromMs: number;
  /** The last of them. */
  readonly untilMs: number;
  /** How many; null when they were not counted: all that the expression has between the two. */
  readonly count: number | null;
  /** Why. */
  readonly reason: FiringSkipReason;
  /** The run that was in the way. */
  readonly execution: string | null;
  /** More about it. */
  readonly note: string;
  /** Backfill that they belong to. */
  readonly backfill: string | null;
}

/** A schedule fires no more for a while. */
export interface SchedulePaused {
  /** Why. */
  readonly reason: SchedulePausedReason;
  /** More about it. */
  readonly note: string;
  /** When it goes on by itself; null: when somebody resumes it. */
  readonly untilMs: number | null;
}

/** A schedule fires again. */
export interface ScheduleResumed {
  /** More about it. */
  readonly note: string;
}

/** A schedule was set to something else. */
export interface ScheduleRevised {
  /** What it is set to now. */
  readonly settings: ScheduleSettings;
}

/** From here on the log may hold events written with this schema. This record itself never changes. */
export interface SchemaRegistered {
  /** Name of the record. */
  readonly name: string;
  /** CRC-64-AVRO of the schema, big-endian. */
  readonly fingerprint: string;
  /** The schema. */
  readonly schema: JsonValue;
}

/** Repeated failed sign-ins led to a delay for the account. */
export interface SignInDelayed {
  /** Failures counted when the delay began. */
  readonly failures: number;
  /** When the delay ends, in milliseconds since 1970. */
  readonly untilAtMs: number;
}

/** A version of a skill was found in a skill folder for the first time. */
export interface SkillRegistered {
  /** Name of the skill. */
  readonly name: string;
  /** Its semantic version. */
  readonly version: string;
  /** SHA-256 over the files of the skill. */
  readonly digest: string;
  /** The skill's metadata. */
  readonly metadata: JsonValue;
}

/** The skill is no longer in any skill folder. */
export interface SkillRetired {
  /** Why. */
  readonly reason: string;
}

/** The account's personal data was erased from the vault. */
export interface UserErased {
  /** Why, as one word. */
  readonly reason: string;
}

/** An account came into being. Profile and password live in the vault. */
export interface UserRegistered {
  /** What the account may do. */
  readonly role: UserRole;
}

/** Somebody asked for events to be delivered. */
export interface WebhookCreated {
  /** User whom the webhook belongs to. */
  readonly owner: string;
  /** What it is set to. */
  readonly settings: WebhookSettings;
}

/** A webhook is gone. */
export type WebhookDeleted = Readonly<Record<string, never>>;

/** Nothing is delivered to a webhook any more. */
export interface WebhookDisabled {
  /** Why. */
  readonly reason: WebhookDisabledReason;
  /** More about it. */
  readonly note: string;
}

/** A webhook is delivered to again. */
export interface WebhookEnabled {
  /** What becomes of what waited or came meanwhile. */
  readonly backlog: WebhookBacklog;
}

/** A replay has come further. */
export interface WebhookReplayAdvanced {
  /** Names the replay. */
  readonly replay: string;
  /** Everything up to this position was looked at. */
  readonly position: number;
  /** Deliveries asked for so far. */
  readonly requested: number;
}

/** A replay is over. */
export interface WebhookReplayEnded {
  /** Names the replay. */
  readonly replay: string;
  /** Deliveries asked for in all. */
  readonly requested: number;
  /** False when it was given up. */
  readonly complete: boolean;
}

/** Past events are to be delivered to a webhook. */
export interface WebhookReplayRequested {
  /** Names the replay. */
  readonly replay: string;
  /** Position after which it begins. */
  readonly from: number;
  /** Last position of it; null: that of this event. */
  readonly until: number | null;
  /** Those that were never delivered, or all. */
  readonly scope: ReplayScope;
}

/** A webhook was set to something else. */
export interface WebhookRevised {
  /** What it is set to now. */
  readonly settings: WebhookSettings;
}

/** A webhook has a new secret; the old ones sign beside it for a while. */
export interface WebhookSecretRotated {
  /** Where the vault keeps secrets and header values. */
  readonly sealed: string;
  /** Until when the former secret signs too. */
  readonly oldUntilMs: number;
}

/** Somebody asked for a delivery that only shows that it arrives. */
export type WebhookTested = Readonly<Record<string, never>>;

/** A version of a workflow was defined. */
export interface WorkflowDefined {
  /** User whom the workflow belongs to. */
  readonly owner: string;
  /** Name of the workflow. */
  readonly name: string;
  /** Number of the version, from 1. */
  readonly version: number;
  /** The definition, checked, defaults filled in. */
  readonly definition: JsonValue;
}

/** A workflow runs no more. */
export type WorkflowRetired = Readonly<Record<string, never>>;

/** An event that this program has no schema for. Consumers skip it. */
export interface Undecodable {
  readonly fingerprint: string;
  readonly base64: string;
  readonly reason: string;
}

export interface EventDataByType {
  readonly ApiKeyIssued: ApiKeyIssued;
  readonly ApiKeyRevoked: ApiKeyRevoked;
  readonly DeliveryAttemptFailed: DeliveryAttemptFailed;
  readonly DeliveryRequested: DeliveryRequested;
  readonly DeliverySkipped: DeliverySkipped;
  readonly DeliverySucceeded: DeliverySucceeded;
  readonly EventEmitted: EventEmitted;
  readonly ExecutionAttemptFailed: ExecutionAttemptFailed;
  readonly ExecutionAttemptLost: ExecutionAttemptLost;
  readonly ExecutionCancellationRequested: ExecutionCancellationRequested;
  readonly ExecutionCancelled: ExecutionCancelled;
  readonly ExecutionCompleted: ExecutionCompleted;
  readonly ExecutionExpired: ExecutionExpired;
  readonly ExecutionFailed: ExecutionFailed;
  readonly ExecutionLogged: ExecutionLogged;
  readonly ExecutionProgressed: ExecutionProgressed;
  readonly ExecutionRequested: ExecutionRequested;
  readonly ExecutionStarted: ExecutionStarted;
  readonly ExecutionTimedOut: ExecutionTimedOut;
  readonly FeedPublished: FeedPublished;
  readonly PasswordChanged: PasswordChanged;
  readonly ScheduleBackfillEnded: ScheduleBackfillEnded;
  readonly ScheduleBackfillRequested: ScheduleBackfillRequested;
  readonly ScheduleCreated: ScheduleCreated;
  readonly ScheduleDeleted: ScheduleDeleted;
  readonly ScheduleFired: ScheduleFired;
  readonly ScheduleFiringBuffered: ScheduleFiringBuffered;
  readonly ScheduleFiringSkipped: ScheduleFiringSkipped;
  readonly SchedulePaused: SchedulePaused;
  readonly ScheduleResumed: ScheduleResumed;
  readonly ScheduleRevised: ScheduleRevised;
  readonly SchemaRegistered: SchemaRegistered;
  readonly SignInDelayed: SignInDelayed;
  readonly SkillRegistered: SkillRegistered;
  readonly SkillRetired: SkillRetired;
  readonly UserErased: UserErased;
  readonly UserRegistered: UserRegistered;
  readonly WebhookCreated: WebhookCreated;
  readonly WebhookDeleted: WebhookDeleted;
  readonly WebhookDisabled: WebhookDisabled;
  readonly WebhookEnabled: WebhookEnabled;
  readonly WebhookReplayAdvanced: WebhookReplayAdvanced;
  readonly WebhookReplayEnded: WebhookReplayEnded;
  readonly WebhookReplayRequested: WebhookReplayRequested;
  readonly WebhookRevised: WebhookRevised;
  readonly WebhookSecretRotated: WebhookSecretRotated;
  readonly WebhookTested: WebhookTested;
  readonly WorkflowDefined: WorkflowDefined;
  readonly WorkflowRetired: WorkflowRetired;
  readonly Undecodable: Undecodable;
}

/** The name of an event type. */
export type EventType = keyof EventDataByType;

/** Every event type that can be written. */
export const eventTypes = [
  'ApiKeyIssued',
  'ApiKeyRevoked',
  'DeliveryAttemptFailed',
  'DeliveryRequested',
  'DeliverySkipped',
  'DeliverySucceeded',
  'EventEmitted',
  'ExecutionAttemptFailed',
  'ExecutionAttemptLost',
  'ExecutionCancellationRequested',
  'ExecutionCancelled',
  'ExecutionCompleted',
  'ExecutionExpired',
  'ExecutionFailed',
  'ExecutionLogged',
  'ExecutionProgressed',
  'ExecutionRequested',
  'ExecutionStarted',
  'ExecutionTimedOut',
  'FeedPublished',
  'PasswordChanged',
  'ScheduleBackfillEnded',
  'ScheduleBackfillRequested',
  'ScheduleCreated',
  'ScheduleDeleted',
  'ScheduleFired',
  'ScheduleFiringBuffered',
  'ScheduleFiringSkipped',
  'SchedulePaused',
  'ScheduleResumed',
  'ScheduleRevised',
  'SchemaRegistered',
  'SignInDelayed',
  'SkillRegistered',
  'SkillRetired',
  'UserErased',
  'UserRegistered',
  'WebhookCreated',
  'WebhookDeleted',
  'WebhookDisabled',
  'WebhookEnabled',
  'WebhookReplayAdvanced',
  'WebhookReplayEnded',
  'WebhookReplayRequested',
  'WebhookRevised',
  'WebhookSecretRotated',
  'WebhookTested',
  'WorkflowDefined',
  'WorkflowRetired',
] as const;

/** An event of the given type or types: what happened, without where and when. */
export type EventOf<T extends EventType = EventType> = T extends EventType
  ? { readonly type: T; readonly data: EventDataByType[T] }
  : never;

/** Any event. */
export type IhumanEvent = EventOf;
