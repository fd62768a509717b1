const defaultDeadlineMs = 30_000;

/** Waits until `condition` gives something truthy and returns it; throws with the claim when it never does. */
export async function until<T>(
  claim: string,
  condition: () => T | Promise<T>,
  deadlineMs = defaultDeadlineMs,
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value as Exclude<T, false | null | undefined | 0 | ''>;
    if (performance.now() > deadline) throw new Error(`never came true: ${claim}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
