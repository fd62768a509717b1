/** Where a value of the vault stands: its kind, and the name that its key has outside. */
export interface VaultPlace {
  readonly kind: string;
  readonly name: string;
  readonly owner: string | null;
}

/** What was written to a shared vault, without the value: a value under a new id, or the removal of one. */
export type VaultWrite =
  | {
      readonly kind: 'value';
      readonly id: string;
      readonly place: VaultPlace;
      /** The id of the value that has to stand there; null: none. */
      readonly after: string | null;
    }
  | { readonly kind: 'removal'; readonly id: string };

/** What a write came to. */
export type VaultVerdict =
  | { readonly kind: 'stored'; readonly replaced: string | null }
  | { readonly kind: 'refused'; readonly current: string | null }
  | { readonly kind: 'removed'; readonly place: VaultPlace }
  | { readonly kind: 'nothing' };

interface Entry {
  readonly place: VaultPlace;
  /** It stands in its place; or it counts for nothing, and is still in the topic. */
  readonly counts: boolean;
}

const maxRemembered = 100_000;

/**
 * Which values of a vault that many nodes write count: the pure fold of all writes in their one order. A value counts when what
 * its writer saw in that place is what stands there, so of two writers at once one is refused, and whoever writes over what was
 * removed meanwhile brings nothing back.
 *
 * The topic is compacted: of each id the last write stays, and removals vanish after some days. Hence two rules. A value whose
 * predecessor is unknown counts in an empty place: the predecessor has been compacted away. And what counts for nothing must be
 * removed from the topic (see {@link superfluous}) before the removal of what it lost to is forgotten.
 */
export class VaultLedger {
  readonly #entries = new Map<string, Entry>();
  readonly #current = new Map<string, string>();
  readonly #byOwner = new Map<string, Set<string>>();
  /** Writes of which a record was removed, newest last: another of their records that arrives late must not bring them back. */
  readonly #removed = new Set<string>();
  readonly #superfluous = new Set<string>();

  /** The id of what stands in a place; null when nothing does. */
  currentOf(place: Pick<VaultPlace, 'kind' | 'name'>): string | null {
    return this.#current.get(keyOf(place)) ?? null;
  }

  /** The ids of everything of an owner that is still in the topic, whether it counts or not. */
  idsOf(owner: string): readonly string[] {
    return [...(this.#byOwner.get(owner) ?? [])];
  }

  /** Ids that count for nothing, and are to be removed from the topic. */
  get superfluous(): ReadonlySet<string> {
    return this.#superfluous;
  }

  /** Takes the next write in. The same write again has the same verdict. */
  take(write: VaultWrite): VaultVerdict {
    return write.kind === 'removal' ? this.#remove(write.id) : this.#store(write);
  }

  #store({ id, place, after }: Extract<VaultWrite, { kind: 'value' }>): VaultVerdict {
    const current = this.currentOf(place);
    const known = this.#entries.get(id);
    if (known !== undefined) return known.counts ? { kind: 'stored', replaced: null } : { kind: 'refused', current };
    if (this.#removed.has(writeIdOf(id))) {
      this.#superfluous.add(id);
      return { kind: 'refused', current };
    }
    const followsCompacted =
      current === null && after !== null && !this.#removed.has(writeIdOf(after)) && !this.#entries.has(after);
    const counts = current === after || followsCompacted;
    this.#add(id, { place, counts });
    if (!counts) return { kind: 'refused', current };
    if (current !== null) this.#add(current, { place, counts: false });
    this.#current.set(keyOf(place), id);
    return { kind: 'stored', replaced: current };
  }

  #remove(id: string): VaultVerdict {
    const entry = this.#entries.get(id);
    this.#superfluous.delete(id);
    this.#remember(writeIdOf(id));
    if (entry === undefined) return { kind: 'nothing' };
    this.#entries.delete(id);
    const { owner } = entry.place;
    if (owner !== null) {
      const ids = this.#byOwner.get(owner);
      ids?.delete(id);
      if (ids?.size === 0) this.#byOwner.delete(owner);
    }
    if (!entry.counts) return { kind: 'nothing' };
    this.#current.delete(keyOf(entry.place));
    return { kind: 'removed', place: entry.place };
  }

  #add(id: string, entry: Entry): void {
    this.#entries.set(id, entry);
    if (!entry.counts) this.#superfluous.add(id);
    const { owner } = entry.place;
    if (owner === null) return;
    const ids = this.#byOwner.get(owner) ?? new Set();
    ids.add(id);
    this.#byOwner.set(owner, ids);
  }

  #remember(writeId: string): void {
    this.#removed.delete(writeId);
    this.#removed.add(writeId);
    const [oldest] = this.#removed;
    if (this.#removed.size > maxRemembered && oldest !== undefined) this.#removed.delete(oldest);
  }
}

/** The write that a record belongs to: one that was sent several times has the ids `<write>.0`, `<write>.1` … */
export function writeIdOf(recordId: string): string {
  const [writeId = recordId] = recordId.split('.');
  return writeId;
}

function keyOf({ kind, name }: Pick<VaultPlace, 'kind' | 'name'>): string {
  return `${kind} ${name}`;
}
