/** A number of things in words: `1 skill`, `2 skills`. `many` is for words whose plural has more than an s. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${String(count)} ${count === 1 ? one : many}`;
}
