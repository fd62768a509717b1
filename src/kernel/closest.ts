/** Names are short: what is longer was never meant to be one, and comparing it would take long. */
const maxLength = 100;

/** The candidate that is at most a third of its letters away from `name` (Levenshtein distance); undefined when none is. */
export function closest(name: string, candidates: readonly string[]): string | undefined {
  if (name.length > maxLength) return undefined;
  const letters = Array.from(name);
  const ranked = candidates
    .map((candidate) => ({ candidate, most: Math.max(candidate.length, name.length) / 3 }))
    .filter(({ candidate, most }) => Math.abs(candidate.length - name.length) <= most)
    .map(({ candidate, most }) => ({ candidate, most, distance: distanceBetween(letters, Array.from(candidate)) }))
    .filter(({ distance, most }) => distance <= most)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

/** Letters to insert, remove or replace. */
function distanceBetween(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of a.entries()) {
    const next = [i + 1];
    for (const [j, other] of b.entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
