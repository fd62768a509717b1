import type { StepDefinition } from '../domain/workflow/definition.ts';

/**
 * Steps in an order in which each comes after all that it needs, and the circles that keep them from having one: of those that share a
 * step only the first, so that their number stays below that of the steps.
 */
export function inOrder(steps: readonly StepDefinition[]): {
  readonly steps: readonly StepDefinition[];
  readonly circles: readonly (readonly string[])[];
} {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const ordered: StepDefinition[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const way: string[] = [];
  const circles: string[][] = [];
  const told = new Set<string>();
  const visit = (step: StepDefinition): void => {
    if (state.get(step.id) === 'done') return;
    if (state.get(step.id) === 'open') {
      const circle = way.slice(way.indexOf(step.id));
      if (circle.some((id) => told.has(id))) return;
      circles.push([...circle, step.id]);
      for (const id of circle) told.add(id);
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
  return { steps: ordered, circles };
}
