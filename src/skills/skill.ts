import type { JsonObject, JsonValue } from '../kernel/json.ts';

/** What a skill's module exports (CommonJS `module.exports`, or an ES module's default or named exports). */
export interface Skill {
  readonly metadata: SkillMetadata;
  /** Does the work. What it returns must be JSON; throwing fails the attempt. */
  execute(params: JsonObject, context: SkillContext): Promise<JsonValue> | JsonValue;
  /** Checks parameters beyond their types: true, or false, a sentence or sentences that say what is wrong. */
  validate?(params: JsonObject): ValidationAnswer | Promise<ValidationAnswer>;
}

export type ValidationAnswer = boolean | string | readonly string[];

/** What a running skill may use. */
export interface SkillContext {
  readonly executionId: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The same for all attempts of an execution: pass it on to services that know idempotency keys. */
  readonly idempotencyKey: string;
  /** Aborts when the execution is cancelled or runs out of time; the process is killed 2 seconds later. */
  readonly signal: AbortSignal;
  /** A directory of this attempt's own. What is left in it becomes the execution's artifacts. */
  readonly workDir: string;
  readonly log: SkillLog;
  /** Reports progress in percent (0 to 100) and, if you like, what is going on. */
  progress(percent: number, status?: string): void;
}

export interface SkillLog {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export type Difficulty = 'beginner' | 'intermediate' | 'advanced' | 'expert';

export interface SkillMetadata {
  /** Lower-case letters, digits, dots, dashes and underscores; at most 64. The same as the folder's name. */
  readonly name: string;
  /** Semantic version. */
  readonly version: string;
  readonly description: string;
  readonly category: string;
  readonly difficulty: Difficulty;
  readonly author: string;
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  readonly tags?: readonly string[];
  /** Limit of one attempt; default: the server's (30,000). */
  readonly timeoutMs?: number;
  /** Executions of this skill at once in the whole cell; default: no limit of its own. A change of nodes may exceed it for a moment. */
  readonly concurrency?: number;
  /** Higher runs first; default 0. */
  readonly priority?: number;
  /** An execution that waits longer than this is not started; default: no limit. */
  readonly queueTtlMs?: number;
  /** How failed attempts are repeated; default: not at all. */
  readonly retry?: SkillRetry;
}

export interface SkillRetry {
  readonly maxAttempts: number;
  readonly initialDelayMs?: number;
  readonly factor?: number;
  readonly maxDelayMs?: number;
}

export type ParameterType = 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object';

export interface ParameterSpec {
  readonly type: ParameterType;
  readonly required?: boolean;
  readonly default?: JsonValue;
  readonly description?: string;
  /** Other names under which the parameter is accepted. */
  readonly aliases?: readonly string[];
  readonly enum?: readonly JsonValue[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  /** Type of the items of an array. */
  readonly items?: ParameterType;
  /** The value is kept in the vault, never in the log. */
  readonly secret?: boolean;
}

/** How the module is loaded. */
export type SkillFormat = 'commonjs' | 'module' | 'typescript';

/** A skill as found in a folder. */
export interface LoadedSkill {
  readonly metadata: SkillMetadata;
  /** SHA-256 over the names and contents of its files, as hex. */
  readonly digest: string;
  readonly folder: string;
  /** Absolute path of the module. */
  readonly entry: string;
  readonly format: SkillFormat;
}
