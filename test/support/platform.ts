import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { readConfig } from '../../src/config.ts';
import { Platform } from '../../src/platform.ts';
import { createServerLog } from '../../src/server-log.ts';

const root = join(import.meta.dirname, '../..');

/** What HTTP answered: status, headers, and the body as JSON (or text). */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into answers of every shape.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

interface CallOptions {
  readonly token?: string | null;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** A real server on a free port, in this process. */
export class TestServer {
  readonly url: string;
  readonly platform: Platform;
  readonly adminKey: string;
  readonly dataDir: string;
  readonly serverLog: string[];
  #users = 0;

  private constructor(platform: Platform, url: string, adminKey: string, serverLog: string[]) {
    this.platform = platform;
    this.url = url;
    this.adminKey = adminKey;
    this.dataDir = platform.config.dataDir;
    this.serverLog = serverLog;
  }

  static async start(dataDir: string, flags: readonly string[] = []): Promise<TestServer> {
    mkdirSync(dataDir, { recursive: true });
    const serverLog: string[] = [];
    const defaults = [
      '--port=0',
      `--data-dir=${dataDir}`,
      '--watch=false',
      '--rate-limit=0',
      '--shutdown-grace-ms=2000',
    ];
    const skills = flags.some((flag) => flag.startsWith('--skills')) ? [] : [`--skills=${join(root, 'skills')}`];
    const config = readConfig([...defaults, ...skills, ...flags], {});
    const platform = await Platform.open(
      config,
      createServerLog('debug', (line) => serverLog.push(line)),
    );
    const report = await platform.start();
    return new TestServer(platform, report.url, readFileSync(report.adminKeyFile ?? '', 'utf8').trim(), serverLog);
  }

  stop(): Promise<void> {
    return this.platform.stop();
  }

  async call(method: string, path: string, { token = null, body, headers = {} }: CallOptions = {}): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    let parsed: unknown = text;
    try {
      parsed = JSON.parse(text);
    } catch {
      // Not every answer is JSON.
    }
    return { status: response.status, headers: response.headers, body: parsed };
  }

  /** Registers a new user and returns the session's token. */
  async newUser(): Promise<{ token: string; userId: string }> {
    const name = `user${String(++this.#users)}`;
    const answer = await this.call('POST', '/api/auth/register', {
      body: { email: `${name}@example.com`, username: name, password: 'a long enough phrase' },
    });
    if (answer.status !== 201) throw new Error(`registration failed: ${JSON.stringify(answer.body)}`);
    return { token: answer.body.token, userId: answer.body.user.id };
  }

  /** Runs a skill and waits for its end. */
  async run(token: string, skillId: string, body: object = {}): Promise<Answer> {
    return this.call('POST', `/api/skills/${skillId}/execute`, { token, body, headers: { prefer: 'wait=50' } });
  }
}
