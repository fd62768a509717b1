import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'vitest';

import { LogFile } from '../../src/store/log-file.ts';
import { verifyDataDir } from '../../src/verify.ts';
import { ServerProcess } from './server-process.ts';

/** The nodes of one cell on Kafka, each a process of its own, all on this machine. */
export class TestNodes {
  readonly names: readonly string[];
  readonly #base: string;
  readonly #flags: readonly string[];
  readonly #environment = { IHUMAN_VAULT_KEY: randomBytes(32).toString('base64') };
  readonly #servers = new Map<string, ServerProcess>();
  /** The administrator's key. */
  token = '';

  constructor(base: string, brokers: readonly string[], { names, flags }: { names: string[]; flags: string[] }) {
    this.#base = base;
    this.names = names;
    this.#flags = [
      '--log=kafka',
      `--kafka-brokers=${brokers.join(',')}`,
      `--artifacts-dir=${join(base, 'artifacts')}`,
      ...flags,
    ];
  }

  /** Starts all of them at once: one of them makes the administrator. */
  async startAll(): Promise<void> {
    await Promise.all(this.names.map((name) => this.start(name)));
    const keyFiles = this.names.map((name) => this.of(name).adminKeyFile).filter((file) => file !== '');
    expect(keyFiles).toHaveLength(1);
    this.token = readFileSync(keyFiles[0] ?? '', 'utf8').trim();
  }

  async start(name: string, flags: readonly string[] = []): Promise<void> {
    const all = [...this.#flags, ...flags];
    this.#servers.set(name, await ServerProcess.start(join(this.#base, name), all, this.#environment));
  }

  of(name: string): ServerProcess {
    return this.#servers.get(name) as ServerProcess;
  }

  call(
    name: string,
    path: string,
    body?: unknown,
    { token = this.token, headers = {} }: { token?: string; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    return fetch(this.of(name).url + path, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    });
  }

  async json<T>(name: string, path: string, body?: unknown): Promise<T> {
    return (await (await this.call(name, path, body)).json()) as T;
  }

  /** Stops all of them and checks that each has the same log, and read models that fit it. */
  async stopAndCompare(): Promise<void> {
    for (const name of this.names) expect(await this.of(name).terminate()).toBe(0);
    const logs = this.names.map((name) => {
      const dir = join(this.#base, name);
      expect(verifyDataDir(dir, () => undefined)).toMatchObject({ clean: true });
      return new LogFile(join(dir, 'log.db'), { readOnly: true });
    });
    // Those that were stopped later have what the last ones said of their own stop.
    const common = Math.min(...logs.map(({ head }) => head));
    const at = logs.map((log) => Buffer.from(log.hashAt(common)).toString('hex'));
    for (const log of logs) log.close();
    expect(new Set(at).size).toBe(1);
  }
}
