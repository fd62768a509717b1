import type { JsonObject } from './kernel/json.ts';

export type ServerLogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The server's own log: one JSON line an event, on standard error. */
export interface ServerLog {
  write(level: ServerLogLevel, event: string, details: JsonObject): void;
}

const order = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** A log that writes what is at least as urgent as `level`. */
export function createServerLog(level: (typeof order)[number], out: (line: string) => void): ServerLog {
  const least = order.indexOf(level);
  return {
    write: (wanted, event, details) => {
      if (order.indexOf(wanted) < least) return;
      out(`${JSON.stringify({ at: new Date().toISOString(), level: wanted, event, ...details })}\n`);
    },
  };
}
