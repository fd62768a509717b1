import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What `describeWithNpm` has to install for {@link NpmRegistry}. */
export const registryPackages = { dependencies: { verdaccio: '6.10.4' }, overrides: { 'node-fetch': '2.7.0' } };

const program = `const { runServer } = require('verdaccio');
runServer(process.argv[1]).then((server) => {
  server.listen(0, '127.0.0.1', () => process.stdout.write(server.address().port + '\\n'));
});`;

/** A registry of npm packages of a test's own, which knows nothing but what is published to it. */
export class NpmRegistry {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: string) {
    this.#child = child;
    this.url = `http://127.0.0.1:${port}/`;
  }

  /** `installed` is the folder that has verdaccio; the registry keeps everything in `dir`. */
  static async start(installed: string, dir: string): Promise<NpmRegistry> {
    mkdirSync(dir, { recursive: true });
    const config = join(dir, 'config.yaml');
    writeFileSync(
      config,
      `storage: ${join(dir, 'storage')}
auth:
  htpasswd:
    file: ${join(dir, 'htpasswd')}
packages:
  '**':
    access: $all
    publish: $authenticated
log: { type: stdout, format: json, level: fatal }
`,
    );
    const child = spawn(process.execPath, ['-e', program, config], {
      cwd: installed,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [port] = (await once(child.stdout, 'data')) as [Buffer];
    child.stdout.resume();
    return new NpmRegistry(child, port.toString().trim());
  }

  /** Makes an account and writes npm's settings of it into a home directory. */
  async signIn(name: string, home: string): Promise<void> {
    const response = await fetch(`${this.url}-/user/org.couchdb.user:${name}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, password: 'a password of a test' }),
    });
    const { token } = (await response.json()) as { token: string };
    const host = this.url.replace('http:', '');
    writeFileSync(join(home, '.npmrc'), `registry=${this.url}\n${host}:_authToken=${token}\n`);
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
  }
}
