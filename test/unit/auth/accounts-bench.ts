import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll } from 'vitest';

import type { EventOf } from '../../../schemas/generated/events.ts';
import { createAuth } from '../../../src/auth/create-auth.ts';
import type { Principal } from '../../../src/auth/principal.ts';
import { UserStore } from '../../../src/commands/user-store.ts';
import type { AppendRequest, AppendResult, RecordedEvent } from '../../../src/event-log/event-log.ts';
import { definitely } from '../../../src/kernel/assert.ts';
import type { Clock } from '../../../src/kernel/clock.ts';
import { AppError } from '../../../src/kernel/errors.ts';
import { VaultFile } from '../../../src/vault/vault-file.ts';
import { createVault, type Vault } from '../../../src/vault/vault.ts';

/** A password that the policy takes. */
export const goodPassword = 'correct horse battery';

/** A clock that stands still until it is moved. */
export class HandClock implements Clock {
  #nowMs = 1_800_000_000_000;

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  forward(ms: number): void {
    this.#nowMs += ms;
  }
}

/** A call of the vault that is stopped on its way. */
export interface Held {
  /** Resolves when the call has arrived. */
  readonly arrived: Promise<void>;
  readonly release: () => void;
}

interface Hold {
  readonly method: string;
  readonly kind: string;
  readonly arrive: () => void;
  readonly released: Promise<void>;
}

interface Recorded {
  readonly userId: string;
  readonly event: EventOf;
  readonly actor: string;
}

/** Accounts on a vault file of their own, with a log that can be looked into and made to fail. */
export class AccountsBench {
  readonly clock = new HandClock();
  readonly dir: string;
  readonly file: VaultFile;
  readonly vault: Vault;
  readonly events: Recorded[] = [];
  /** When set, the vault refuses to erase with this. */
  vaultFailure: AppError | null = null;
  /** When set, the log refuses every append with this. */
  logFailure: AppError | null = null;
  #auth: ReturnType<typeof createAuth>;
  readonly #holds: Hold[] = [];

  constructor(root: string) {
    this.dir = mkdtempSync(join(root, 'accounts-'));
    this.file = new VaultFile(join(this.dir, 'vault.db'), randomBytes(32));
    afterAll(() => {
      this.file.close();
    });
    const methods: Record<string, (...args: never[]) => unknown> = {
      'vault.get': (kind: string, key: string) => this.file.get(kind, key),
      'vault.put': (...args: Parameters<VaultFile['put']>) => {
        this.file.put(...args);
      },
      'vault.add': (...args: Parameters<VaultFile['add']>) => this.file.add(...args),
      'vault.take': (kind: string, key: string) => this.file.take(kind, key),
      'vault.list': (kind: string, owner: string) => this.file.list(kind, owner),
      'vault.eraseOwner': (owner: string) => {
        if (this.vaultFailure !== null) throw this.vaultFailure;
        return this.file.eraseOwner(owner);
      },
    };
    this.vault = createVault(async <T>(method: string, ...args: readonly unknown[]): Promise<T> => {
      const result = definitely(methods[method], method)(...(args as never[])) as T;
      await this.#passHolds(method, String(args[0]));
      return result;
    });
    this.#auth = this.#open();
  }

  get accounts() {
    return this.#auth.accounts;
  }

  get apiKeys() {
    return this.#auth.apiKeys;
  }

  get credentials() {
    return this.#auth.credentials;
  }

  /** As after a restart of the server: the vault and the log stay, what was in memory is gone. */
  restart(): this {
    this.#auth = this.#open();
    return this;
  }

  #open() {
    const log = {
      append: (request: AppendRequest) => this.#append(request),
      readStream: (stream: string, { fromRevision = 0 } = {}) =>
        Promise.resolve(this.#stream(stream).slice(fromRevision)),
      sync: () => Promise.resolve(),
    };
    return createAuth(this.vault, new UserStore(log, this.clock), this.clock);
  }

  async #append({ stream, events, expected, actor }: AppendRequest): Promise<AppendResult> {
    await Promise.resolve();
    if (this.logFailure !== null) throw this.logFailure;
    const actualRevision = this.#stream(stream).length - 1;
    if ((expected === 'none' ? -1 : expected) !== actualRevision) return { outcome: 'conflict', actualRevision };
    for (const { type, data } of events) this.events.push({ userId: stream, event: { type, data } as EventOf, actor });
    const position = this.events.length;
    return {
      outcome: 'accepted',
      position,
      firstRevision: actualRevision + 1,
      lastRevision: actualRevision + events.length,
    };
  }

  #stream(userId: string): RecordedEvent[] {
    const events = this.events.filter((recorded) => recorded.userId === userId);
    return events.map(({ event }, revision) => ({ ...event, revision }) as RecordedEvent);
  }

  /** The next call of that method and kind is done, but its answer is kept back until it is released. */
  hold(method: 'get' | 'put' | 'take', kind: string): Held {
    const arrived = Promise.withResolvers<undefined>();
    const released = Promise.withResolvers<undefined>();
    const arrive = (): void => {
      arrived.resolve(undefined);
    };
    this.#holds.push({ method: `vault.${method}`, kind, arrive, released: released.promise });
    return {
      arrived: arrived.promise,
      release: () => {
        released.resolve(undefined);
      },
    };
  }

  typesOf(userId: string): string[] {
    return this.events.filter((recorded) => recorded.userId === userId).map(({ event }) => event.type);
  }

  /** Registers and signs in. */
  async newUser(name: string): Promise<{ userId: string; email: string; token: string; principal: Principal }> {
    const email = `${name}@example.org`;
    await this.accounts.register(email, name, goodPassword);
    const { token, user } = await this.accounts.signIn(email, goodPassword, '192.0.2.1');
    return { userId: user.id, email, token, principal: await this.principalOf(token) };
  }

  async principalOf(credential: string): Promise<Principal> {
    return definitely(await this.credentials.authenticate(credential), 'the credential is valid');
  }

  async #passHolds(method: string, kind: string): Promise<void> {
    const at = this.#holds.findIndex((hold) => hold.method === method && hold.kind === kind);
    if (at === -1) return;
    const [hold] = this.#holds.splice(at, 1);
    hold?.arrive();
    await hold?.released;
  }
}

/** The code that a promise is rejected with; null when it is fulfilled. */
export async function codeOf(promise: Promise<unknown>): Promise<string | null> {
  try {
    await promise;
    return null;
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
}
