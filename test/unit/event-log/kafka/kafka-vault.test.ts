import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { diceFrom } from '../../../support/dice.ts';
import { type OpenedVault, openKafkaVault, openTwoKafkaVaults, shareKey } from '../../../support/kafka-vault.ts';
import { noFaults, SimulatedPartition } from '../../../support/simulated-partition.ts';
import { tempDir } from '../../../support/temp-dir.ts';
import { describeVault } from '../../../contract/vault.contract.ts';

const base = tempDir();
const newDir = (): string => mkdtempSync(join(base, 'vault-'));
const keys = ['k0', 'k1', 'k2'];
const owner = 'user_1';

const partitions = new Map<string, SimulatedPartition>();
describeVault({
  name: 'a partition that loses, repeats and delays',
  newPlace: newDir,
  open: (place) => {
    const faults = { lostAck: 10, lostRecord: 10, duplicate: 0, late: 5, pause: 5, again: 5 };
    const partition = partitions.get(place) ?? new SimulatedPartition(diceFrom(place.length), faults);
    partitions.set(place, partition);
    return openTwoKafkaVaults(place, () => partition.connect());
  },
});

describe('the vault of a cell', () => {
  type Node = OpenedVault & { readonly dir: string };

  async function openNode(partition: SimulatedPartition, other?: Node): Promise<Node> {
    const dir = newDir();
    if (other !== undefined) shareKey(other.dir, dir);
    return { dir, ...(await openKafkaVault(dir, partition.connect())) };
  }

  async function contentOf({ vault }: OpenedVault): Promise<unknown> {
    const values = await Promise.all(keys.map((key) => vault.get('session', key)));
    const listed = await vault.list('session', owner);
    const inOrder = [...listed].sort((x, y) => x.key.localeCompare(y.key));
    expect(inOrder).toEqual(keys.map((key, i) => ({ key, value: values[i] })).filter(({ value }) => value !== null));
    return values;
  }

  it(
    'is the same on all nodes, and gives each value to one taker, whatever the partition does',
    { timeout: 180_000 },
    async () => {
      const run = async (seed: number): Promise<void> => {
        const dice = diceFrom(seed);
        const faults = { lostAck: 10, lostRecord: 10, duplicate: 0, late: 10, pause: 5, again: 5 };
        const partition = new SimulatedPartition(dice, faults);
        const a = await openNode(partition);
        const nodes = [a, await openNode(partition, a), await openNode(partition, a)];
        const put = new Set<string>();
        const taken: string[] = [];
        const work = async (node: OpenedVault, name: string): Promise<void> => {
          for (let i = 0; i < 12; i++) {
            const key = keys[dice(keys.length)] ?? '';
            const value = `${name}.${String(i)}`;
            const what = dice(10);
            if (what < 4) {
              put.add(value);
              await node.vault.put('session', key, owner, value);
            } else if (what < 6) {
              put.add(value);
              await node.vault.add('session', key, owner, value);
            } else if (what < 8) {
              const got = await node.vault.take('session', key);
              if (got !== null) taken.push(got as string);
            } else await node.vault.get('session', key);
          }
        };
        await Promise.all(nodes.flatMap((node, i) => ['a', 'b'].map((name) => work(node, `${String(i)}${name}`))));
        expect(new Set(taken).size).toBe(taken.length);
        for (const value of taken) expect(put.has(value)).toBe(true);
        while (partition.late > 0) await new Promise((resolve) => setImmediate(resolve));
        partition.faults = noFaults;
        // A read that finds nothing reads up to the end of the partition.
        for (const { vault } of nodes) expect(await vault.get('session', 'nothing')).toBeNull();
        const [first, ...others] = await Promise.all(nodes.map(contentOf));
        for (const other of others) expect(other).toEqual(first);
        for (const value of first as (string | null)[]) if (value !== null) expect(taken).not.toContain(value);

        expect(await a.vault.eraseOwner(owner)).toBe((first as unknown[]).filter((value) => value !== null).length);
        nodes.push(await openNode(partition, a));
        for (const node of nodes) expect(await contentOf(node)).toEqual([null, null, null]);
        expect(nodes.flatMap(({ failures }) => failures)).toEqual([]);
        await Promise.all(nodes.map((node) => node.close()));
      };
      await fc.assert(fc.asyncProperty(fc.nat(), run), { numRuns: 8 });
    },
  );

  it('leaves a tombstone for everything that was erased, and nothing readable in the topic', async () => {
    const partition = new SimulatedPartition(diceFrom(1), noFaults);
    const node = await openNode(partition);
    await node.vault.put('session', 'token-canary', owner, 'value-canary');
    await node.vault.put('session', 'token-canary', owner, 'value-canary-2');
    await node.vault.eraseOwner(owner);
    await node.close();
    const last = new Map(partition.records.map((record) => [record.key, record]));
    const kept = [...last.values()].filter(({ value }) => value.length > 0);
    expect(kept.map(({ headers }) => headers['v-kind'])).toEqual(['cell']);
    const everything = partition.records.map(({ key, headers, value }) => [
      key,
      ...Object.values(headers),
      Buffer.from(value).toString('latin1'),
    ]);
    expect(JSON.stringify(everything)).not.toContain('canary-');
    expect(JSON.stringify(everything)).not.toContain('token-');
  });

  it('tells the other nodes what was removed', async () => {
    const partition = new SimulatedPartition(diceFrom(1), noFaults);
    const a = await openNode(partition);
    const b = await openNode(partition, a);
    const told: string[] = [];
    b.vault.onRemoved((kind, key) => told.push(`${kind} ${key}`));
    await a.vault.put('session', 'k', owner, 1);
    await a.vault.take('session', 'k');
    expect(await b.vault.get('session', 'k')).toBeNull();
    expect(told).toEqual(['session k']);
    await Promise.all([a.close(), b.close()]);
  });

  it('does not open with the key of another cell', async () => {
    const partition = new SimulatedPartition(diceFrom(1), noFaults);
    const node = await openNode(partition);
    await expect(openKafkaVault(newDir(), partition.connect())).rejects.toMatchObject({ code: 'VAULT_KEY_MISMATCH' });
    await node.close();
  });

  it('does not take the place of a vault that a data directory has already', async () => {
    const partition = new SimulatedPartition(diceFrom(1), noFaults);
    const node = await openNode(partition);
    const dir = newDir();
    const own = await openKafkaVault(dir, new SimulatedPartition(diceFrom(2), noFaults).connect());
    await own.close();
    await expect(openKafkaVault(dir, partition.connect())).rejects.toMatchObject({ code: 'VAULT_KEY_MISMATCH' });
    await node.close();
  });
});
