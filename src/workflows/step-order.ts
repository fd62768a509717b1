import type { StepDefinition } from '../domain/workflow/definition.ts';

/** Steps in an order in which each comes after all that it needs; where there is none, the steps of one circle. */
export function inOrder(steps: readonly StepDefinition[]): {
  readonly steps: readonly StepDefinition[];
  readonly circle: readonly string[] | null;
} {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const ordered: StepDefinition[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const way: string[] = [];
  let circle: readonly string[] | null = null;
  const visit = (step: StepDefinition): void => {
    if (circle !== null || state.get(step.id) === 'done') return;
    if (state.get(step.id) === 'open') {
      circle = [...way.slice(way.indexOf(step.id)), step.id];
      return;
    }
    state.set(step.id, 'open');
    way.push(step.id);
    for (const need of step.needs) {
      const needed = byId.get(need);
      if (needed !== undefined) visit(needed);
    }
    way.pop();
    state.set(step.id, 'done');
    ordered.push(step);
  };
  for (const step of steps) visit(step);
  return { steps: ordered, circle };
}
