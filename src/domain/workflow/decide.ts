import type { EventOf, IhumanEvent } from '../../../schemas/generated/events.ts';
import { AppError } from '../../kernel/errors.ts';
import { canonicalJson, type JsonValue } from '../../kernel/json.ts';

/**
 * A workflow's states and the moves between them.
 *
 * | state   | holds                           | moves to                            |
 * | ------- | ------------------------------- | ----------------------------------- |
 * | absent  | nothing                         | defined                             |
 * | defined | version, definition             | defined (the next version) · retired |
 * | retired | the number of the last version  | defined (the next version)          |
 */
export type WorkflowState =
  | { readonly phase: 'absent' }
  | { readonly phase: 'defined'; readonly version: number; readonly definition: JsonValue }
  | { readonly phase: 'retired'; readonly version: number };

export const initialWorkflow: WorkflowState = { phase: 'absent' };

export type WorkflowCommand =
  | { readonly kind: 'define'; readonly owner: string; readonly name: string; readonly definition: JsonValue }
  | { readonly kind: 'retire' };

/** The events that a command leads to; none when it changes nothing. Throws WORKFLOW_NOT_FOUND. */
export function decideWorkflow(
  command: WorkflowCommand,
  state: WorkflowState,
): readonly EventOf<'WorkflowDefined' | 'WorkflowRetired'>[] {
  if (command.kind === 'define') {
    const { owner, name, definition } = command;
    if (state.phase === 'defined' && canonicalJson(state.definition) === canonicalJson(definition)) return [];
    const version = state.phase === 'absent' ? 1 : state.version + 1;
    return [{ type: 'WorkflowDefined', data: { owner, name, version, definition } }];
  }
  if (state.phase !== 'defined') throw new AppError('WORKFLOW_NOT_FOUND');
  return [{ type: 'WorkflowRetired', data: {} }];
}

/** The state after one more event. Never fails: an event that does not fit the state leaves it as it is. */
export function evolveWorkflow(state: WorkflowState, event: IhumanEvent): WorkflowState {
  if (event.type === 'WorkflowDefined') {
    const { version, definition } = event.data;
    return { phase: 'defined', version, definition };
  }
  if (event.type === 'WorkflowRetired' && state.phase === 'defined')
    return { phase: 'retired', version: state.version };
  return state;
}
