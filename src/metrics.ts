import type { Registry as MetricsRegistry } from 'prom-client';

import type { HistogramReading } from './kernel/histogram.ts';
import { metrics, type Measured, type Metric, type Reading } from './metric-table.ts';

/** The process's own figures: one registry for its whole life, because each of them counts on from its last scrape. */
let processFigures: MetricsRegistry | null = null;

/**
 * Prometheus' text for what the server measures. The client library, which knows the process's own figures, is loaded at the
 * first scrape, not at start.
 */
export async function collectMetrics(
  measured: Measured,
): Promise<{ readonly contentType: string; readonly text: string }> {
  const { Registry, collectDefaultMetrics } = await import('prom-client');
  if (processFigures === null) {
    processFigures = new Registry();
    collectDefaultMetrics({ register: processFigures });
  }
  const own = metrics.map((metric) => metricText(metric, metric.read(measured))).join('');
  return { contentType: processFigures.contentType, text: `${await processFigures.metrics()}\n${own}` };
}

/** A metric as the text format 0.0.4 has it; nothing where there is nothing to read. */
function metricText({ name, type, help, label }: Metric, reading: Reading): string {
  if (reading === null) return '';
  const samples =
    typeof reading === 'number'
      ? [`${name} ${String(reading)}`]
      : isHistogram(reading)
        ? histogramSamples(name, reading)
        : Object.entries(reading).map(
            ([value, count]) => `${name}{${label ?? ''}="${escaped(value)}"} ${String(count)}`,
          );
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples, ''].join('\n');
}

function isHistogram(reading: object): reading is HistogramReading {
  return 'upTo' in reading;
}

function histogramSamples(name: string, { upTo, sum }: HistogramReading): string[] {
  const buckets = upTo.map(({ bound, count }) => {
    return `${name}_bucket{le="${bound === Infinity ? '+Inf' : String(bound)}"} ${String(count)}`;
  });
  return [...buckets, `${name}_sum ${String(sum)}`, `${name}_count ${String(upTo.at(-1)?.count ?? 0)}`];
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
