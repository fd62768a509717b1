import type { Registry as MetricsRegistry } from 'prom-client';

import type { JsonObject } from './kernel/json.ts';
import type { ReadModelStatus } from './store/read-model-keeper.ts';

interface Measured {
  readonly runner: { readonly running: number; readonly waiting: number; readonly slots: number };
  readonly sockets: JsonObject;
  readonly head: number;
  readonly readModels: ReadModelStatus;
  readonly events: Readonly<Record<string, number>>;
}

/** The process's own figures: one registry for its whole life, because each of them counts on from its last scrape. */
let processFigures: MetricsRegistry | null = null;

/** Prometheus' text for what the server measures. The client library is loaded at the first scrape, not at start. */
export async function collectMetrics(
  measured: Measured,
): Promise<{ readonly contentType: string; readonly text: string }> {
  const { Gauge, Registry, collectDefaultMetrics } = await import('prom-client');
  const registry = new Registry();
  const gauge = (name: string, help: string, value: number): void => {
    new Gauge({ name: `ihuman_${name}`, help, registers: [registry] }).set(value);
  };
  if (processFigures === null) {
    processFigures = new Registry();
    collectDefaultMetrics({ register: processFigures });
  }
  gauge('executions_running', 'Executions that run on this node.', measured.runner.running);
  gauge('executions_waiting', 'Executions that wait to be started.', measured.runner.waiting);
  gauge('runner_slots', 'Executions that may run at once.', measured.runner.slots);
  gauge('log_head_position', 'Position of the newest append.', measured.head);
  gauge(
    'read_models_lag',
    'Positions between the log and the read models.',
    Math.max(0, measured.head - measured.readModels.position),
  );
  gauge('websocket_connections', 'Open WebSockets.', Number(measured.sockets.totalConnections));
  gauge('websocket_frames_built', 'Messages built for live subscribers.', Number(measured.sockets.framesBuilt));
  gauge('websocket_frames_written', 'Messages written to live subscribers.', Number(measured.sockets.framesWritten));
  const events = new Gauge({
    name: 'ihuman_events',
    help: 'Events in the log by type.',
    labelNames: ['type'],
    registers: [registry],
  });
  for (const [type, count] of Object.entries(measured.events)) events.set({ type }, count);
  return { contentType: registry.contentType, text: `${await processFigures.metrics()}\n${await registry.metrics()}` };
}
