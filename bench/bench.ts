import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { type Figure, isReached, measured } from './figure.ts';
import { batchFigures } from './figures/batch.ts';
import { fanOutFigure } from './figures/fan-out.ts';
import { fdatasyncMs, httpFigures } from './figures/http.ts';
import { appendFigure } from './figures/log.ts';
import { kafkaFigures } from './figures/kafka.ts';
import { memoryFigures } from './figures/memory.ts';
import { bigLogFigures, startFigure } from './figures/rebuild.ts';
import { scheduleFigures } from './figures/schedules.ts';
import { pythonFigures } from './figures/sdk-py.ts';
import { sdkFigures } from './figures/sdk.ts';
import { webhookFigures } from './figures/webhooks.ts';
import { workflowFigures } from './figures/workflows.ts';
import { withPlace } from './place.ts';

/**
 * `npm run bench`: our figures beside the limits of this machine, measured in the same run. `--only http,log` or just `http log`
 * picks groups (`kafka` is measured only when it is asked for: it needs Java and Maven),
 * `--scale 0.2` makes all of it smaller, `--minutes 10` lengthens the memory run, `--json FILE` writes the figures down.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    scale: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const scale = Number(values.scale);

const groups: Readonly<Record<string, () => Promise<Figure[]>>> = {
  log: async () => [await appendFigure(scale)],
  http: () => httpFigures(scale),
  batch: () => batchFigures(),
  'fan-out': async () => [await fanOutFigure(scale)],
  webhooks: () => webhookFigures(scale),
  schedules: () => scheduleFigures(scale),
  workflows: () => workflowFigures(scale),
  sdk: async () => [...(await sdkFigures(scale)), ...(await pythonFigures(scale))],
  'big-log': () => bigLogFigures(scale),
  start: async () => [await startFigure()],
  memory: () => memoryFigures(Number(values.minutes)),
  kafka: () => kafkaFigures(scale),
};

const asked = [...values.only.split(','), ...positionals].filter((name) => name !== '');
const chosen = asked.length > 0 ? asked : Object.keys(groups).filter((name) => name !== 'kafka');
const unknown = chosen.filter((name) => !(name in groups));
if (unknown.length > 0) {
  process.stderr.write(`There is no group ${unknown.join(', ')}; there are: ${Object.keys(groups).join(', ')}\n`);
  process.exit(2);
}
const syncMs = await withPlace((dir) => fdatasyncMs(dir));
const processors = cpus();
process.stdout.write(
  `Node ${process.version}, ${String(processors.length)} × ${processors[0]?.model ?? 'unknown'}, fdatasync of 4 KiB ${syncMs.toFixed(3)} ms (median)\n`,
);
if (syncMs < 0.05)
  process.stdout.write('This disk hardly flushes: durable figures are better than a real disk would give.\n');

const figures: Figure[] = [];
for (const name of chosen) {
  process.stderr.write(`measuring ${name} …\n`);
  figures.push(...((await groups[name]?.()) ?? []));
}
process.stdout.write(`\n${table(figures)}\n`);
if (values.json !== undefined) {
  const rows = figures.map((figure) => ({ ...figure, measured: measured(figure), reached: isReached(figure) }));
  writeFileSync(
    values.json,
    `${JSON.stringify({ node: process.version, processors: processors.length, fdatasyncMs: syncMs, figures: rows }, null, 2)}\n`,
  );
}
process.exit(0);

function table(rows: readonly Figure[]): string {
  const lines = ['| figure | ours | limit | ratio | wanted | |', '| --- | ---: | ---: | ---: | --- | --- |'];
  for (const figure of rows) {
    const { name, ours, limit, unit, wanted } = figure;
    const ratio = limit === null ? '' : measured(figure).toFixed(2);
    const goal = wanted.atLeast === undefined ? `≤ ${String(wanted.atMost)}` : `≥ ${String(wanted.atLeast)}`;
    lines.push(
      `| ${name} | ${number(ours)} ${unit} | ${limit === null ? '' : `${number(limit)} ${unit}`} | ${ratio} | ${goal} | ${isReached(figure) ? 'reached' : 'NOT REACHED'} |`,
    );
  }
  const notes = rows.map(({ name, against, parameters }) => `- ${name}: ${parameters}; against ${against}.`);
  return `${lines.join('\n')}\n\n${notes.join('\n')}`;
}

function number(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(3);
}
