import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { secretsIn } from '../../../src/cli/publish/secrets.ts';
import { tempDir } from '../../support/temp-dir.ts';

const dir = tempDir();

function found(path: string, text = ''): readonly string[] {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
  return secretsIn(dir, [path]).map(({ message }) => message);
}

describe('files that are not published', () => {
  it.each(
    '.env .env.local .env.production certs/server.pem key.p12 id_rsa .ssh/id_ed25519 .npmrc .netrc .git-credentials credentials.json secrets.yaml token.txt service-account-prod.json admin-key vault.key'.split(
      ' ',
    ),
  )('%s, by its name', (path) => {
    expect(found(path)).toEqual(['looks like a file of secrets']);
  });

  it.each([
    ['-----BEGIN OPENSSH PRIVATE KEY-----\n', 'a private key'],
    ['-----BEGIN PRIVATE KEY-----\n', 'a private key'],
    [`id: AKIA${'A1'.repeat(8)}`, 'an access key of AWS'],
    [`token = "ghp_${'x'.repeat(36)}"`, 'a token of GitHub'],
    [`npm_${'x'.repeat(36)}`, 'a token of npm'],
    [`xoxb-${'1'.repeat(12)}-abc`, 'a token of Slack'],
    [`sk_live_${'x'.repeat(24)}`, 'a key of Stripe'],
    [`whsec_${'x'.repeat(32)}`, 'a secret of a webhook'],
    ['//registry.example.com/:_authToken=abcdef', 'a token of a registry'],
  ])('one that holds %j', (text, what) => {
    expect(found('src/data.txt', `before\n${text}\nafter`)).toEqual([`seems to hold ${what}`]);
  });

  it.each(['.env.example', 'src/tokens.js', 'src/secret-parameter.js', 'README.md', 'keys.js', 'package.json'])(
    'but not %s',
    (path) => {
      expect(found(path, 'const token = process.env.TOKEN; // npm_config, AKIA, -----BEGIN PUBLIC KEY-----')).toEqual(
        [],
      );
    },
  );
});
