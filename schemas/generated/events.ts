// Written by `npm run generate` from schemas/**/*.avsc. Do not edit.

import type { JsonValue } from '../../src/kernel/json.ts';

/** How urgent a log line is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What led to an execution. */
export type ExecutionCause = 'api' | 'batch' | 'retry' | 'schedule' | 'workflow' | 'external';

/** Where skill code runs. */
export type RunnerMode = 'process' | 'inline' | 'external';

/** What the account may do. */
export type UserRole = 'member' | 'administrator';

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

/** Why an attempt failed. */
export interface SkillError {
  /** Stable code, such as SKILL_THREW. */
  readonly code: string;
  /** A sentence for people. */
  readonly message: string;
  /** The skill's own stack trace, shortened. */
  readonly stack: string | null;
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

/** An event that this program has no schema for. Consumers skip it. */
export interface Undecodable {
  readonly fingerprint: string;
  readonly base64: string;
  readonly reason: string;
}

export interface EventDataByType {
  readonly ApiKeyIssued: ApiKeyIssued;
  readonly ApiKeyRevoked: ApiKeyRevoked;
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
  readonly SchemaRegistered: SchemaRegistered;
  readonly SignInDelayed: SignInDelayed;
  readonly SkillRegistered: SkillRegistered;
  readonly SkillRetired: SkillRetired;
  readonly UserErased: UserErased;
  readonly UserRegistered: UserRegistered;
  readonly Undecodable: Undecodable;
}

/** The name of an event type. */
export type EventType = keyof EventDataByType;

/** Every event type that can be written. */
export const eventTypes = [
  'ApiKeyIssued',
  'ApiKeyRevoked',
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
  'SchemaRegistered',
  'SignInDelayed',
  'SkillRegistered',
  'SkillRetired',
  'UserErased',
  'UserRegistered',
] as const;

/** An event of the given type or types: what happened, without where and when. */
export type EventOf<T extends EventType = EventType> = T extends EventType
  ? { readonly type: T; readonly data: EventDataByType[T] }
  : never;

/** Any event. */
export type IhumanEvent = EventOf;
