import { decideExecution, type ExecutionCommand, type ExecutionEvent } from './decide.ts';
import { evolveExecution } from './evolve.ts';
import type { ExecutionState } from './state.ts';

/** The events of commands that are given at one time, each decided in the state that those before it lead to. */
export function decideAll(
  commands: readonly ExecutionCommand[],
  before: ExecutionState,
  atMs: number,
): readonly ExecutionEvent[] {
  const events: ExecutionEvent[] = [];
  let state = before;
  for (const command of commands) {
    for (const event of decideExecution(command, state)) {
      events.push(event);
      state = evolveExecution(state, { ...event, atMs });
    }
  }
  return events;
}
