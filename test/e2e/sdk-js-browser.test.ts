import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type * as sdkInBrowsers from '../../packages/sdk-js/src/browser.ts';
import { CuttingProxy } from '../support/cutting-proxy.ts';
import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';

const sdk = join(import.meta.dirname, '../../packages/sdk-js');
const path = process.env.IHUMAN_TEST_CHROMIUM ?? '/usr/bin/chromium';
const dir = tempDir();
const html = `<!doctype html><script type="module">globalThis.sdk = await import('/index.js');</script>`;

interface InPage {
  readonly sdk: typeof sdkInBrowsers;
}

if (!existsSync(path) && process.env.CI !== 'true')
  process.stderr.write(`\nSKIPPED: the SDK in a browser: there is no ${path} (IHUMAN_TEST_CHROMIUM names another)\n`);

describe.skipIf(!existsSync(path) && process.env.CI !== 'true')('the JavaScript SDK in a browser', () => {
  let browser: Browser;
  let page: Page;
  let site: Server;
  let server: TestServer;
  let proxy: CuttingProxy;

  beforeAll(async () => {
    execFileSync(process.execPath, [join(sdk, 'build.ts'), '--without-types'], { stdio: 'inherit' });
    site = createServer((request, response) => {
      const file = join(sdk, 'dist/browser', request.url ?? '');
      if (request.url === '/') response.setHeader('content-type', 'text/html').end(html);
      else if (existsSync(file)) response.setHeader('content-type', 'text/javascript').end(readFileSync(file));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${String((site.address() as AddressInfo).port)}`;
    server = await TestServer.start(join(dir, 'data'), ['--runner=inline', `--allowed-origins=${origin}`]);
    proxy = await CuttingProxy.open(server.url);
    const quiet = [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-sync',
    ];
    browser = await chromium.launch({
      executablePath: path,
      args: ['--no-sandbox', '--disable-component-update', ...quiet],
    });
    page = await browser.newPage();
    await page.goto(origin);
    await page.waitForFunction(() => 'sdk' in globalThis);
  });
  afterAll(async () => {
    await browser.close();
    await proxy.stop();
    await server.stop();
    site.closeAllConnections();
    site.close();
  });

  it('registers, runs a skill and hears every event once, over a connection that is cut', async () => {
    proxy.cutNext({ direction: 'to-client', bytes: 700 }, { direction: 'to-client', bytes: 900 });
    const seen = await page.evaluate(async (baseUrl) => {
      const { IhumanClient } = (globalThis as unknown as InPage).sdk;
      const client = new IhumanClient({ baseUrl });
      await client.register('page@example.com', 'page', 'a long enough phrase');
      const { executionId } = await client.executeSkill('countdown', { from: 12, intervalMs: 30 });
      const numbers: unknown[] = [];
      let losses = 0;
      client.on('disconnected', () => losses++);
      for await (const event of client.events(executionId)) numbers.push('seq' in event ? event.seq : event.type);
      const result = await client.run('countdown', { from: 1 });
      client.disconnect();
      return { numbers, losses, result };
    }, proxy.url);
    expect(seen.numbers).toEqual(seen.numbers.map((_, i) => i + 1));
    expect(seen.numbers.length).toBeGreaterThan(12);
    expect(seen).toMatchObject({ losses: 2, result: { counted: 1 } });
  });

  it('verifies webhooks, and gives typed errors', async () => {
    const seen = await page.evaluate(async (baseUrl) => {
      const { IhumanClient, verifyWebhook } = (globalThis as unknown as InPage).sdk;
      const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;
      const headers = { 'x-webhook-signature': '00' };
      return [
        await verifyWebhook('{}', headers, 'secret').catch(codeOf),
        await new IhumanClient({ baseUrl }).getCurrentUser().catch(codeOf),
        await new IhumanClient({ baseUrl: 'http://127.0.0.1:9', retry: { maxRetries: 0 } })
          .getCurrentUser()
          .catch(codeOf),
      ];
    }, proxy.url);
    expect(seen).toEqual(['SIGNATURE_INVALID', 'UNAUTHENTICATED', 'CONNECTION_FAILED']);
  });
});
