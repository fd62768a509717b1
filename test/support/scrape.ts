/** The samples in Prometheus' text: names with their labels, as they stand there, and values. */
export function samplesOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name = '', value = ''] = /^(\w+(?:\{.*\})?) (\S+)/.exec(line) ?? [];
      return [name, Number(value)] as const;
    }),
  );
}

/** The metrics in Prometheus' text: what its TYPE lines name. */
export function metricsOf(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/^# TYPE (\w+) \w+$/gm)].map(([, name = '']) => name));
}
