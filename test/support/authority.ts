import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A certificate authority that nobody knows, and a server that it vouches for. */
export interface TestAuthority {
  /** PEM: who trusts this file trusts the server. */
  readonly caFile: string;
  /** PEM: the server's key, and the certificates down to it. */
  readonly keyStoreFile: string;
}

/** Why no authority can be made here; null when one can. */
export async function missingForAuthority(): Promise<string | null> {
  try {
    await run('openssl', ['version']);
    return null;
  } catch {
    return 'openssl is not installed';
  }
}

/** Makes an authority for a server on 127.0.0.1, in a directory of its own. */
export async function makeAuthority(dir: string): Promise<TestAuthority> {
  mkdirSync(dir, { recursive: true });
  const at = (name: string): string => join(dir, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await run('openssl', [
    ...['req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=ihuman test authority'],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-keyout', at('ca.key'), '-out', at('ca.pem')],
  ]);
  await run('openssl', [
    'req',
    ...newKey,
    '-subj',
    '/CN=broker',
    '-keyout',
    at('broker.key'),
    '-out',
    at('broker.csr'),
  ]);
  writeFileSync(at('names'), 'subjectAltName=IP:127.0.0.1\n');
  await run('openssl', [
    ...['x509', '-req', '-in', at('broker.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-set_serial', '1'],
    ...['-days', '2', '-extfile', at('names'), '-out', at('broker.pem')],
  ]);
  const parts = ['broker.key', 'broker.pem', 'ca.pem'].map((name) => readFileSync(at(name), 'utf8'));
  writeFileSync(at('key-store.pem'), parts.join(''));
  return { caFile: at('ca.pem'), keyStoreFile: at('key-store.pem') };
}
