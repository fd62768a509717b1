import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

import { ExecutionStore } from '../../src/commands/execution-store.ts';
import { KafkaLog } from '../../src/event-log/kafka/kafka-log.ts';
import type { Membership } from '../../src/event-log/membership.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { RunEvents, RunHandle, RunJob, RunOutcome, SkillRunner } from '../../src/runner/run-outcome.ts';
import { Runner } from '../../src/runner/runner.ts';
import type { LoadedSkill } from '../../src/skills/skill.ts';
import { createQueries } from '../../src/store/query-client.ts';
import { StoreClient } from '../../src/store/store-client.ts';
import { createVault } from '../../src/vault/vault.ts';
import type { Dice, SimulatedPartition, SimulatedTransport } from './simulated-partition.ts';

/** Who takes up what: each node its share, or every node everything. */
export type Ownership = 'shared' | 'off';

/** The nodes of a cell as they see each other. */
export class TestCell {
  readonly #ownership: Ownership;
  readonly #nodes = new Map<string, Set<() => void>>();

  constructor(ownership: Ownership) {
    this.#ownership = ownership;
  }

  membershipOf(node: string): Membership {
    return {
      owns: (key) => this.#ownership === 'off' || this.#ownerOf(key) === node,
      goneOf: (nodes) =>
        Promise.resolve(new Set(this.#nodes.has(node) ? [...nodes].filter((other) => !this.#nodes.has(other)) : [])),
      share: () => Promise.resolve({ nodes: [...this.#nodes.keys()], shards: 1, of: 1 }),
      figures: () => null,
      onChange: (listener) => {
        this.#listenersOf(node).add(listener);
      },
      join: () => undefined,
      leave: () => Promise.resolve(),
    };
  }

  add(node: string): void {
    this.#listenersOf(node);
    this.#tell();
  }

  /** The node is not heard of any more: it is dead, cut off or asleep. */
  remove(node: string): Set<() => void> {
    const listeners = this.#listenersOf(node);
    this.#nodes.delete(node);
    this.#tell();
    return listeners;
  }

  /** It is heard of again. */
  restore(node: string, listeners: Set<() => void>): void {
    this.#nodes.set(node, listeners);
    this.#tell();
  }

  #listenersOf(node: string): Set<() => void> {
    const listeners = this.#nodes.get(node) ?? new Set<() => void>();
    this.#nodes.set(node, listeners);
    return listeners;
  }

  #ownerOf(key: string): string | undefined {
    const nodes = [...this.#nodes.keys()].sort();
    return nodes[key.charCodeAt(key.length - 1) % nodes.length];
  }

  #tell(): void {
    for (const listeners of this.#nodes.values()) for (const listener of listeners) listener();
  }
}

const noop = { metadata: { name: 'noop', parameters: {} }, digest: 'ab' } as unknown as LoadedSkill;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Runs that take a while, say something, and tell who ran them; while it `hangs`, none ends. */
class TestSkillRunner implements SkillRunner {
  readonly mode = 'inline';
  readonly slots = 3;
  readonly #dice: Dice;
  readonly #node: string;
  hangs = false;
  running = 0;

  constructor(node: string, dice: Dice) {
    this.#node = node;
    this.#dice = dice;
  }

  run(job: RunJob, events: RunEvents): RunHandle {
    const cancelled = Promise.withResolvers<RunOutcome>();
    const ended = { durationMs: 1, artifacts: [] };
    const cancel = (): void => {
      cancelled.resolve({ kind: 'cancelled', ...ended });
    };
    return { outcome: Promise.race([this.#outcome(job, events), cancelled.promise]), cancel };
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  async #outcome({ attempt }: RunJob, events: RunEvents): Promise<RunOutcome> {
    this.running++;
    for (let left = this.#dice(60); left > 0 || this.hangs; left--) {
      if (Math.abs(left) % 20 === 10) events.progress(50, `${this.#node} ${String(attempt)}`);
      await turn();
    }
    this.running--;
    return { kind: 'completed', result: { node: this.#node, attempt }, durationMs: 1, artifacts: [] };
  }
}

/** A node of a cell without its edges: log, to-do list and runner. */
export interface CellNode {
  readonly name: string;
  readonly log: KafkaLog;
  readonly transport: SimulatedTransport;
  readonly runner: Runner;
  readonly skillRunner: TestSkillRunner;
  readonly errors: readonly unknown[];
  /** Executions that run on other nodes, as far as this one knows. */
  elsewhere(): Promise<number>;
  close(): Promise<void>;
}

/** Opens a node of the cell on a partition, as a member. */
export async function openCellNode(
  name: string,
  { cell, partition, dice, base }: { cell: TestCell; partition: SimulatedPartition; dice: Dice; base: string },
): Promise<CellNode> {
  const errors: unknown[] = [];
  const dataDir = mkdtempSync(join(base, `${name}-`));
  const transport = partition.connect();
  const { log, store } = await KafkaLog.open({
    transport,
    cell: 'test',
    openStore: (epoch) => StoreClient.start({ dataDir, copyOf: epoch }),
    onFailure: (error) => errors.push(error),
    resendMs: 20,
    outcomeMs: 60_000,
  });
  const queries = createQueries(store);
  const skillRunner = new TestSkillRunner(name, dice);
  const runner = new Runner({
    log,
    executions: new ExecutionStore(log, systemClock),
    vault: createVault((method, ...args) => store.write(method, ...args)),
    clock: systemClock,
    skillRunner,
    node: name,
    membership: cell.membershipOf(name),
    limits: { heapMb: 1, rssMb: 1, outputBytes: 1, resultBytes: 1 },
    skillOf: (skill) => (skill === 'noop' ? noop : undefined),
    todo: (after, limit) => queries.todoAfter(after, limit),
    onError: (error) => errors.push(error),
  });
  cell.add(name);
  await runner.start();
  const close = async (): Promise<void> => {
    await runner.stop(0);
    await log.close();
    await store.close();
  };
  const elsewhere = async (): Promise<number> =>
    (await queries.todoAfter(0, 1000)).filter((row) => row.status === 'running' && row.node !== name).length;
  return { name, log, transport, elsewhere, runner, skillRunner, errors, close };
}
