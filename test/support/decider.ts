import { expect } from 'vitest';

import { decideExecution, type ExecutionCommand, type ExecutionEvent } from '../../src/domain/execution/decide.ts';
import { evolveExecution } from '../../src/domain/execution/evolve.ts';
import { type ExecutionState, initialExecution } from '../../src/domain/execution/state.ts';
import { isAppError } from '../../src/kernel/errors.ts';

/** The state after some events, all at the same time. */
export function stateAfter(events: readonly ExecutionEvent[], atMs = 1000): ExecutionState {
  return events.reduce<ExecutionState>((state, event) => evolveExecution(state, { ...event, atMs }), initialExecution);
}

/** given(events).when(command).then(events) or .refused(code). */
export function given(...events: ExecutionEvent[]) {
  return {
    when: (command: ExecutionCommand) => ({
      then: (...expected: ExecutionEvent[]) => {
        expect(decideExecution(command, stateAfter(events))).toEqual(expected);
      },
      refused: (code: string) => {
        try {
          decideExecution(command, stateAfter(events));
        } catch (error) {
          expect(isAppError(error) && error.code).toBe(code);
          return;
        }
        throw new Error(`was not refused with ${code}`);
      },
    }),
  };
}
