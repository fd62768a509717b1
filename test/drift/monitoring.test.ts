import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { metrics } from '../../src/metric-table.ts';
import { TestServer } from '../support/platform.ts';
import { metricsOf, samplesOf } from '../support/scrape.ts';
import { tempDir } from '../support/temp-dir.ts';

const folder = join(import.meta.dirname, '../../infra/monitoring');
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const groups = readdirSync(join(folder, 'rules')).flatMap(
  (file) => (parse(read(`rules/${file}`)) as { groups: readonly { readonly rules: readonly Rule[] }[] }).groups,
);
const rules = groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(read('grafana/dashboards/ihuman.json')) as { readonly panels: readonly Panel[] };
const queries = [
  ...rules.map(({ record, alert, expr }) => ({ where: record ?? alert ?? '', expr })),
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ where: title, expr }))),
];
const recorded = rules.flatMap(({ record }) => (record === undefined ? [] : [record]));

const base = tempDir();
let server: TestServer;
let scrape = '';
beforeAll(async () => {
  server = await TestServer.start(join(base, 'data'), ['--runner=inline']);
  const { token } = await server.newUser();
  await server.run(token, 'noop');
  scrape = String((await server.call('GET', '/metrics', { token: server.adminKey })).body);
});
afterAll(() => server.stop());

/** The samples that a node on Kafka has beside those of a scrape here. */
function samplesOnKafka(): readonly string[] {
  return metrics
    .filter(({ on }) => on === 'Kafka')
    .flatMap(({ name, type }) =>
      (type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']).map((end) => name + end),
    );
}

describe('the metrics of a server', () => {
  it('are exactly those of the table, but for those that only Kafka has', () => {
    const own = [...metricsOf(scrape)].filter((name) => name.startsWith('ihuman_'));
    const expected = metrics.filter(({ on }) => on === 'any log').map(({ name }) => name);
    expect(own.toSorted()).toEqual(expected.toSorted());
  });

  it('are all on the reference page', () => {
    const page = readFileSync(join(folder, '../../docs/reference/metrics.md'), 'utf8');
    const listed = [...page.matchAll(/^\| `(ihuman_\w+)`/gm)].map(([, name]) => name);
    expect(listed).toEqual(metrics.map(({ name }) => name));
  });

  it('are named as Prometheus advises', () => {
    for (const { name, type } of metrics) {
      expect(name.endsWith('_total'), `${name} is a ${type}`).toBe(type === 'counter');
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    }
  });
});

describe('dashboard and rules', () => {
  it('ask for nothing that a server does not have', () => {
    const known = new Set(
      [...samplesOf(scrape).keys()].map((sample) => sample.replace(/\{.*/, '')).concat(samplesOnKafka()),
    );
    expect(queries.length).toBeGreaterThan(30);
    for (const { where, expr } of queries) {
      const asked = [...expr.matchAll(/(?<![\w:])(?:ihuman|nodejs|process)_\w+/g)].map(([name]) => name);
      for (const name of asked) expect(known, `${where}: ${name}`).toContain(name);
      const fromRules = [...expr.matchAll(/\b\w+:\w+:\w+\b/g)].map(([name]) => name);
      for (const name of fromRules) expect(recorded, `${where}: ${name}`).toContain(name);
      expect(asked.length + fromRules.length > 0 || /\bup\{/.test(expr), `${where} asks for something`).toBe(true);
    }
  });

  it('name the values of labels that there are', () => {
    const outcomes = [...scrape.matchAll(/^ihuman_log_appends_total\{outcome="(\w+)"\}/gm)].map(([, value]) => value);
    const asked = queries.flatMap(({ expr }) => [...expr.matchAll(/outcome="(\w+)"/g)].map(([, value]) => value));
    expect(outcomes).toEqual(expect.arrayContaining(asked));
  });

  it('have a name, a severity and an explanation for each alert', () => {
    const alerts = rules.filter(({ alert }) => alert !== undefined);
    expect(read('README.md')).toContain(`${String(alerts.length)} alerts`);
    for (const { alert, labels, annotations } of alerts) {
      expect(alert).toMatch(/^Ihuman[A-Z]/);
      expect(['critical', 'warning'], alert).toContain(labels?.severity);
      expect(annotations?.summary, alert).toBeTruthy();
      expect(annotations?.description, alert).toBeTruthy();
    }
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
  });

  it('have panels that can be told apart', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });
});
