import type { Problem } from '../kernel/errors.ts';

const maxHeaders = 20;
const maxValueBytes = 4096;
const mask = '***';
/** Headers that say how a message travels, or that ihuman sets. */
const reserved = new Set([
  'accept-encoding',
  'age',
  'connection',
  'date',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'trailers',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'via',
]);
const reservedPrefixes = ['content-', 'webhook-', 'x-webhook-', 'x-ihuman-', 'proxy-', 'sec-'];

/** Everything that is wrong with the headers that somebody wants to be added to deliveries. */
export function checkCustomHeaders(headers: Readonly<Record<string, string>>): readonly Problem[] {
  const names = Object.keys(headers);
  const problems: Problem[] = [];
  if (names.length > maxHeaders)
    problems.push({ path: '/customHeaders', message: `must be at most ${String(maxHeaders)} headers` });
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    const path = `/customHeaders/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const lower = name.toLowerCase();
    const message = seen.has(lower) ? 'is given twice' : (nameProblem(lower) ?? valueProblem(value));
    seen.add(lower);
    if (message !== null) problems.push({ path, message });
  }
  return problems;
}

function nameProblem(name: string): string | null {
  if (!/^[a-z0-9][a-z0-9_-]{0,127}$/.test(name)) return 'is no header name: letters, digits, - and _';
  if (reserved.has(name) || reservedPrefixes.some((start) => name.startsWith(start)))
    return 'is a header that cannot be set';
  return null;
}

function valueProblem(value: string): string | null {
  if (value === '') return 'must not be empty';
  if (value.length > maxValueBytes) return `must be at most ${String(maxValueBytes)} characters`;
  return /^[\t\x20-\x7e]+$/.test(value) ? null : 'must be printable ASCII, without line breaks';
}

/** The same headers as they may be shown. */
export function maskHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, mask]));
}
