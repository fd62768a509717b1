import type { LogLevel } from '../../../schemas/generated/events.ts';
import type { JsonObject } from '../../kernel/json.ts';

/** From the server to a child. `run` carries a nonce that every frame about the run repeats. */
export type ToChild =
  | {
      readonly t: 'run';
      readonly nonce: string;
      readonly executionId: string;
      readonly attempt: number;
      readonly entry: string;
      readonly params: JsonObject;
      readonly workDir: string;
      readonly outputBytes: number;
      readonly resultBytes: number;
    }
  | { readonly t: 'abort'; readonly nonce: string; readonly reason: string };

/** From a child to the server. Nobody may rely on it: the child runs somebody's code. */
export type FromChild =
  | { readonly t: 'ready' }
  | { readonly t: 'progress'; readonly nonce: string; readonly percent: number; readonly status: string | null }
  | {
      readonly t: 'log';
      readonly nonce: string;
      readonly level: LogLevel;
      readonly message: string;
      readonly atMs: number;
    }
  | {
      readonly t: 'done';
      readonly nonce: string;
      /** The result as JSON text: parsed once, by the server. */
      readonly result: string;
      readonly durationMs: number;
      readonly usedWorkDir: boolean;
      /** Something goes on after the run: the child is not to be used again. */
      readonly dirty: boolean;
    }
  | {
      readonly t: 'failed';
      readonly nonce: string;
      readonly code: string;
      readonly message: string;
      readonly stack: string | null;
      readonly retryable: boolean;
      readonly durationMs: number;
      readonly usedWorkDir: boolean;
      readonly dirty: boolean;
    };
