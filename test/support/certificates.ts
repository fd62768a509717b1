import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const days = '2';

/** Files for TLS on 127.0.0.1, made for one test and known to nobody else. */
export interface Certificates {
  /** The authority's certificate, in PEM. */
  readonly authority: string;
  /** Key and certificate of the server as PKCS#12, and its password. */
  readonly keyStore: string;
  readonly password: string;
}

/** Why no certificates can be made here; null when they can. */
export async function missingForCertificates(): Promise<string | null> {
  try {
    await run('openssl', ['version']);
    return null;
  } catch {
    return 'openssl is not installed';
  }
}

/** Makes an authority, and a certificate of it for 127.0.0.1. */
export async function makeCertificates(dir: string): Promise<Certificates> {
  const file = (name: string): string => join(dir, name);
  const password = 'only-for-this-test';
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  const openssl = (...args: string[]): Promise<unknown> => run('openssl', args);
  await openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
    '-days',
    days,
    '-subj',
    '/CN=test',
  );
  await openssl('req', ...key, '-keyout', file('server.key'), '-out', file('server.csr'), '-subj', '/CN=127.0.0.1');
  writeFileSync(file('server.ext'), 'subjectAltName=IP:127.0.0.1\n');
  const authority = [
    '-CA',
    file('ca.pem'),
    '-CAkey',
    file('ca.key'),
    '-CAcreateserial',
    '-extfile',
    file('server.ext'),
  ];
  await openssl('x509', '-req', '-in', file('server.csr'), ...authority, '-out', file('server.pem'), '-days', days);
  const content = ['-inkey', file('server.key'), '-in', file('server.pem'), '-certfile', file('ca.pem')];
  await openssl('pkcs12', '-export', ...content, '-out', file('server.p12'), '-passout', `pass:${password}`);
  return { authority: file('ca.pem'), keyStore: file('server.p12'), password };
}
