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
  `password password1 password2 password12 password123 password1234 password! password1! passw0rd p@ssword p@ssw0rd
  pa$$word 12345678 123456789 1234567890 0123456789 12344321 12341234 123123123 12121212 11112222 11223344 112233445566
  123454321 147258369 741852963 789456123 87654321 987654321 9876543210 00000000 11111111 22222222 55555555 66666666
  77777777 88888888 99999999 1111111111 a1234567 a12345678 1234567a 12345678a abc12345 abcd1234 abcdefgh abcdefg1 aa123456
  aaaaaaaa qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwer1234 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qazxsw2 zaq12wsx
  q1w2e3r4 asdfghjk asdfghjkl asdf1234 zxcvbnm1 zxcvbnm123 iloveyou iloveyou1 welcome1 welcome123 letmein1 letmein123
  changeme changeme1 admin123 admin1234 adminadmin administrator rootroot test1234 testtest test12345 guest123 default1
  secret12 secret123 master12 master123 dragon12 dragon123 monkey12 monkey123 shadow12 trustno1 whatever superman
  batman123 spiderman starwars pokemon1 minecraft football football1 baseball basketball liverpool chelsea1 michelle
  jennifer jessica1 charlie1 princess princess1 sunshine sunshine1 computer internet samsung1 midnight butterfly
  hello123 hello1234 freedom1 november december summer2025 summer2026 winter2025 winter2026`.split(/\s+/),
);

const phcShape = /^\$argon2id\$v=19\$m=(\d{3,6}),t=([1-9]\d?),p=([1-9])\$([\w+/]{11,64})\$([\w+/]{43})$/;

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

/** True when the password is the one that was hashed; a malformed hash matches nothing. Throws BUSY as hashing does. */
export async function verifyPassword(password: string, phc: string): Promise<boolean> {
  const match = phcShape.exec(phc);
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
    endTurn();
  }
}

/** At most two hashes at once: each takes 19 MiB and a thread of the pool that file reads need too. */
async function takeTurn(): Promise<void> {
  if (active < maxAtOnce) {
    active++;
    return;
  }
  if (queue.length >= maxQueued)
    throw new AppError('BUSY', { message: 'Too many sign-ins at once.', retryAfterMs: 1000 });
  const { promise, resolve } = Promise.withResolvers<undefined>();
  queue.push(() => {
    resolve(undefined);
  });
  await promise;
}

/** Hands the turn to the next in the queue without giving it up: a newcomer could take it before the next one wakes. */
function endTurn(): void {
  const next = queue.shift();
  if (next === undefined) active--;
  else next();
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
