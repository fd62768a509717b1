import type { SkillError } from '../../schemas/generated/events.ts';
import type { JsonObject, JsonValue } from '../kernel/json.ts';
import type { RunEvents, RunOutcome } from './run-outcome.ts';

const mask = '***';
/** Shorter values would blank out half of every text and are no secrets. */
const minChars = 4;

/**
 * Keeps secret parameters out of what a skill says: wherever one of their values of at least four characters stands
 * literally in a log line, a status, an error or the result, three asterisks take its place. A skill that encodes a secret
 * before it writes it is not noticed.
 */
export class SecretMask {
  readonly #secrets: readonly string[];

  constructor(secrets: JsonObject) {
    const found = new Set([...leavesOf(secrets)].filter((text) => text.length >= minChars));
    // The longest first, or a secret that begins with another would be masked only in part.
    this.#secrets = [...found].sort((a, b) => b.length - a.length);
  }

  text(text: string): string {
    return this.#secrets.reduce((masked, secret) => masked.replaceAll(secret, mask), text);
  }

  events(events: RunEvents): RunEvents {
    return {
      progress: (percent, status) => {
        events.progress(percent, status === null ? null : this.text(status));
      },
      log: (level, message, loggedAtMs) => {
        events.log(level, this.text(message), loggedAtMs);
      },
    };
  }

  outcome(outcome: RunOutcome): RunOutcome {
    if (outcome.kind === 'completed') return { ...outcome, result: this.#value(outcome.result) };
    return outcome.kind === 'failed' ? { ...outcome, error: this.#error(outcome.error) } : outcome;
  }

  #error({ code, message, stack }: SkillError): SkillError {
    return { code, message: this.text(message), stack: stack === null ? null : this.text(stack) };
  }

  #value(value: JsonValue): JsonValue {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') return this.#secrets.includes(String(value)) ? mask : value;
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item) => this.#value(item));
    const entries = Object.entries(value as JsonObject);
    return Object.fromEntries(entries.map(([key, item]) => [this.text(key), this.#value(item as JsonValue)]));
  }
}

function* leavesOf(value: JsonValue): Generator<string> {
  if (typeof value === 'string' || typeof value === 'number') yield String(value);
  else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value) as readonly JsonValue[]) yield* leavesOf(item);
  }
}
