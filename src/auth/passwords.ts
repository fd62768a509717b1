import { argon2, type Argon2Parameters, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

import { maxPasswordBytes, passwordProblem } from '../kernel/account-rules.ts';
import { AppError } from '../kernel/errors.ts';

const hashAsync = promisify(argon2) as (algorithm: 'argon2id', parameters: Argon2Parameters) => Promise<Buffer>;

/** OWASP's first recommendation for argon2id (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const tagLength = 32;
const maxQueued = 50;
const maxAtOnce = 2;

const phcShape = /^\$argon2id\$v=19\$m=(\d{3,6}),t=([1-9]\d?),p=([1-9])\$([\w+/]{11,64})\$([\w+/]{43})$/;

let active = 0;
const queue: (() => void)[] = [];

/** Throws VALIDATION_FAILED unless the password may be used for this account. */
export function requireGoodPassword(password: string, names: readonly string[]): void {
  const problem = passwordProblem(password, names);
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
  if (match === null || Buffer.byteLength(password) > maxPasswordBytes) return false;
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
