import { argon2, type Argon2Parameters, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

import { AppError } from '../kernel/errors.ts';

const hashAsync = promisify(argon2) as (algorithm: 'argon2id', parameters: Argon2Parameters) => Promise<Buffer>;

/** OWASP's first recommendation for argon2id (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const tagLength = 32;
const maxQueued = 50;
const maxAtOnce = 2;

const minBytes = 8;
const maxBytes = 256;

/** Passwords that every list of leaked ones starts with. */
const common = new Set(
  `password password1 password123 12345678 123456789 1234567890 qwertyuiop qwerty123 iloveyou 11111111 00000000 abcd1234
  baseball football sunshine princess superman trustno1 welcome1 letmein1 passw0rd p@ssw0rd admin123 administrator
  changeme 1q2w3e4r 1qaz2wsx asdfghjkl zaq12wsx michelle computer internet whatever starwars 87654321 88888888 12341234
  123123123 987654321 password! password1! welcome123 qwertyui dragon12 monkey12 master12 secret12 test1234 testtest`.split(
    /\s+/,
  ),
);

let active = 0;
const queue: (() => void)[] = [];

/** Throws VALIDATION_FAILED unless the password may be used for this account. */
export function requireGoodPassword(password: string, names: readonly string[]): void {
  const bytes = Buffer.byteLength(password);
  const lower = password.toLowerCase();
  let problem: string | null = null;
  if (bytes < minBytes) problem = `A password has at least ${String(minBytes)} characters.`;
  else if (bytes > maxBytes) problem = `A password has at most ${String(maxBytes)} bytes.`;
  else if (common.has(lower)) problem = 'This password is among the first that anybody would try.';
  else if (names.some((name) => name.toLowerCase() === lower))
    problem = 'The password is your e-mail address or user name.';
  if (problem !== null)
    throw new AppError('VALIDATION_FAILED', { problems: [{ path: '/password', message: problem }], message: problem });
}

/** The password's argon2id hash in PHC form. Throws BUSY when too many are waiting. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const tag = await derive(password, salt, cost);
  const { memory, passes, parallelism } = cost;
  return `$argon2id$v=19$m=${String(memory)},t=${String(passes)},p=${String(parallelism)}$${base64(salt)}$${base64(tag)}`;
}

/** A hash of nothing: checked for unknown accounts, so that they take as long as known ones. */
export const dummyHash = `$argon2id$v=19$m=19456,t=2,p=1$${base64(Buffer.alloc(16, 1))}$${base64(Buffer.alloc(32, 1))}`;

/** True when the password is the one that was hashed. A malformed hash is never matched. */
export async function verifyPassword(password: string, phc: string): Promise<boolean> {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(phc);
  if (match === null || Buffer.byteLength(password) > maxBytes) return false;
  const [, memory, passes, parallelism, salt = '', tag = ''] = match;
  const expected = Buffer.from(tag, 'base64');
  if (expected.length !== tagLength) return false;
  const parameters = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  return timingSafeEqual(await derive(password, Buffer.from(salt, 'base64'), parameters), expected);
}

/** True when the hash was made with other cost parameters than today's. */
export function needsRehash(phc: string): boolean {
  const { memory, passes, parallelism } = cost;
  return !phc.startsWith(`$argon2id$v=19$m=${String(memory)},t=${String(passes)},p=${String(parallelism)}$`);
}

async function derive(
  password: string,
  nonce: Buffer,
  { memory, passes, parallelism }: { memory: number; passes: number; parallelism: number },
): Promise<Buffer> {
  await takeTurn();
  try {
    return await hashAsync('argon2id', {
      message: Buffer.from(password),
      nonce,
      memory,
      passes,
      parallelism,
      tagLength,
    });
  } finally {
    active--;
    queue.shift()?.();
  }
}

/** At most two hashes at once: each takes 19 MiB and a thread of the pool that file reads need too. */
async function takeTurn(): Promise<void> {
  if (active >= maxAtOnce) {
    if (queue.length >= maxQueued)
      throw new AppError('BUSY', { message: 'Too many sign-ins at once.', retryAfterMs: 1000 });
    const { promise, resolve } = Promise.withResolvers<undefined>();
    queue.push(() => {
      resolve(undefined);
    });
    await promise;
  }
  active++;
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
