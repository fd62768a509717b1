import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

import { readConfig, variableOf } from '../../src/config.ts';
import { settings } from '../../src/settings.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const key = Buffer.alloc(32, 7).toString('base64');

const files = readdirSync(join(root, 'infra'), { recursive: true, encoding: 'utf8' })
  .map((path) => `infra/${path}`)
  .filter((path) => /\.(ya?ml|md|tpl|txt)$/.test(path));
const templates = files.filter((path) => path.includes('/templates/'));
const dockerfile = read('Dockerfile');
const chart = templates.map(read).join('\n');

type Environment = Readonly<Record<string, string>>;

interface Service {
  readonly image: string;
  readonly environment: Environment;
  readonly ports?: readonly string[];
  readonly stop_grace_period?: string;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly name?: string }>>;
}

const composeOf = (folder: string): Compose => parse(read(`infra/${folder}/compose.yaml`), { merge: true }) as Compose;
const cluster = composeOf('cluster');
const nodes = Object.entries(cluster.services).filter(([name]) => name.startsWith('node-'));
const imageEnvironment = Object.fromEntries(
  [...dockerfile.matchAll(/\b(IHUMAN_\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
);

describe('what runs a cluster', () => {
  it('is YAML, wherever it is no template', () => {
    const plain = files.filter((path) => /\.ya?ml$/.test(path) && !templates.includes(path));
    expect(plain.length).toBeGreaterThanOrEqual(9);
    for (const path of plain) {
      const [document] = parseAllDocuments(read(path), { merge: true });
      expect(document?.errors, path).toEqual([]);
    }
  });

  it('is explained on pages whose links lead somewhere', () => {
    for (const page of files.filter((path) => path.endsWith('.md'))) {
      for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g))
        expect(existsSync(join(root, page, '..', target)), `${page} → ${target}`).toBe(true);
    }
  });

  it('names only settings that there are', () => {
    const known = new Set(settings.map(variableOf));
    const places = files.filter((path) => !path.startsWith('infra/kafka/')).concat('Dockerfile');
    for (const path of places) {
      const named = [...read(path).matchAll(/IHUMAN_[A-Z]+(?:_[A-Z]+)*/g)].map(([name]) => name);
      for (const name of named) expect(known, path).toContain(name);
    }
    const kept = [.../\(list ("HOST".*?)\)/.exec(chart)![1]!.matchAll(/"(\w+)"/g)].map(([, name]) => `IHUMAN_${name!}`);
    expect(kept.length).toBeGreaterThan(5);
    for (const name of kept) expect(known).toContain(name);
  });

  it('goes by one port and one user', () => {
    const port = imageEnvironment.IHUMAN_PORT;
    expect(/^EXPOSE (\d+)$/m.exec(dockerfile)?.[1]).toBe(port);
    expect(dockerfile).toContain(`http://127.0.0.1:${String(port)}/health/ready`);
    expect(chart).toContain(`containerPort: ${String(port)}\n`);
    expect(chart).toContain(`IHUMAN_PORT: '${String(port)}'`);
    const user = /^USER (\d+):\d+$/m.exec(dockerfile)?.[1];
    expect(dockerfile).toContain(`--uid ${String(user)}`);
    for (const name of ['runAsUser', 'runAsGroup', 'fsGroup']) expect(chart).toContain(`${name}: ${String(user)}\n`);
  });

  it('runs one version of Kafka', () => {
    const images = ['cluster', 'kafka'].flatMap((folder) =>
      Object.values(composeOf(folder).services).map(({ image }) => image),
    );
    const [image, ...others] = new Set(images.filter((name) => name.startsWith('apache/kafka')));
    expect(others).toEqual([]);
    expect(read('test/support/kafka.ts')).toContain(`'${String(image)}'`);
  });
});

describe('the image', () => {
  it('has everything that its build copies, and what the server is made of', () => {
    const letIn = [...read('.dockerignore').matchAll(/^!(\S+)$/gm)].map(([, path = '']) => path);
    for (const path of letIn) expect(existsSync(join(root, path)), path).toBe(true);
    const copied = /^COPY (package.*) \.\/$/m.exec(dockerfile)?.[1]?.split(' ') ?? [];
    expect(letIn).toEqual(expect.arrayContaining([...copied, 'src', 'projections', 'schemas', 'skills']));
  });

  it('starts with settings that the server takes', () => {
    expect(readConfig([], imageEnvironment)).toMatchObject({ host: '0.0.0.0', dataDir: '/data' });
  });
});

describe('the cluster of one machine', () => {
  it('has three nodes with settings that the server takes, on the brokers that there are', () => {
    expect(nodes).toHaveLength(3);
    for (const [name, { environment, stop_grace_period }] of nodes) {
      const given = { ...imageEnvironment, ...environment, IHUMAN_VAULT_KEY: key };
      const config = readConfig([], given);
      const brokers = config.kafkaBrokers.map((broker) => broker.split(':')[0]);
      expect(
        brokers.filter((broker) => !(String(broker) in cluster.services)),
        name,
      ).toEqual([]);
      expect(config.artifactsDir).toBe('/artifacts');
      // The last appends of a stopping node may take 30 seconds to come back.
      expect(Number.parseInt(stop_grace_period ?? '')).toBeGreaterThan(config.shutdownGraceMs / 1000 + 30);
    }
  });

  it('is what the monitoring beside it scrapes', () => {
    interface Scrape {
      readonly scrape_configs: readonly {
        readonly static_configs: readonly { readonly targets: readonly string[] }[];
      }[];
    }
    const { scrape_configs } = parse(read('infra/monitoring/prometheus.yml')) as Scrape;
    const targets = scrape_configs.flatMap((job) => job.static_configs).flatMap((some) => some.targets);
    expect(targets).toEqual(nodes.map(([name]) => `${name}:${String(imageEnvironment.IHUMAN_PORT)}`));
    expect(composeOf('monitoring').networks.cell?.name).toBe(cluster.networks.default?.name);
  });
});

const helm = spawnSync('helm', ['version', '--short'], { encoding: 'utf8' });
if (helm.status !== 0) process.stderr.write('SKIPPED: no helm; the chart is not rendered.\n');

interface Container {
  readonly env: readonly { readonly name: string; readonly value?: string }[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Environment;
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly [Container] } } };
}

function render(...values: readonly string[]): readonly Manifest[] {
  const sets = ['kafka.brokers=a:9092\\,b:9092', ...values].flatMap((value) => ['--set', value]);
  const args = ['template', 'test', join(root, 'infra/kubernetes/ihuman'), '--kube-version', '1.33.0', ...sets];
  const { status, stdout, stderr } = spawnSync('helm', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
}

describe('the chart', () => {
  it('keeps the variables that Kubernetes makes of services away from the settings', () => {
    expect(chart).toContain('enableServiceLinks: false');
  });

  it.skipIf(helm.status !== 0)('gives each node settings that the server takes', () => {
    const all = render(`secret.vaultKey=${key}`, 'settings.RATE_LIMIT=1000000', 'nodes.runner.settings.WATCH=false');
    const shared = all.find(({ kind }) => kind === 'ConfigMap')?.data;
    const sets = all.filter(({ kind }) => kind === 'StatefulSet');
    expect(sets).toHaveLength(2);
    const roles = sets.map(({ spec }) => {
      const own = spec.template.spec.containers[0].env.map(({ name, value }) => [name, value ?? key]);
      const config = readConfig([], { ...imageEnvironment, ...shared, ...Object.fromEntries(own) } as Environment);
      expect(config).toMatchObject({ log: 'kafka', kafkaBrokers: ['a:9092', 'b:9092'], rateLimit: 1_000_000 });
      return [...config.roles];
    });
    expect(roles).toEqual([['api'], ['runner']]);
  });

  it.skipIf(helm.status !== 0)('refuses what would not work, with a sentence', () => {
    expect(() => render()).toThrow(/secret.vaultKey: 32 random bytes/);
    expect(() => render('secret.vaultKey=short')).toThrow(/is not 32 bytes/);
    expect(() => render('secret.existing=mine', 'settings.KAFKA_CELL=x')).toThrow(/the chart sets it/);
    expect(() => render('secret.existing=mine', 'ingress.enabled=true')).toThrow(/ingress.host/);
    expect(() => render('secret.existing=mine', 'serviceMonitor.enabled=true')).toThrow(/serviceMonitor.secret/);
  });
});
