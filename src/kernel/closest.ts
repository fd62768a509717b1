/** Names are short: what is longer was never meant to be one, and comparing it would take long. */
const maxLength = 100;

/** The candidate that is at most a third of its letters away from `name` (two that changed places count as one); undefined when none is. */
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

/** Letters to insert, remove or replace, or to exchange with their neighbour (optimal string alignment). */
function distanceBetween(a: readonly string[], b: readonly string[]): number {
  let before: readonly number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of a.entries()) {
    const next = [i + 1];
    for (const [j, other] of b.entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      const isExchange = i > 0 && j > 0 && letter === b[j - 1] && a[i - 1] === other;
      const exchanged = isExchange ? (before[j - 1] ?? 0) + 1 : replaced;
      next.push(Math.min(replaced, exchanged, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row.at(-1) ?? 0;
}
