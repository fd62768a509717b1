/**
 * Which nodes of a cell there are, and which of them takes up what. Ownership spares conflicts and nothing else: that nothing
 * runs twice comes from expected revisions alone.
 */
export interface Membership {
  /** True when this node is the one to take up what the key names: an execution, say. */
  owns(key: string): boolean;

  /**
   * Those of `nodes` that are gone, asked of the cluster just now. None when this node is not a member itself: who was cut off
   * must not judge others.
   */
  goneOf(nodes: Iterable<string>): Promise<ReadonlySet<string>>;

  /** The nodes of the cell by now, as far as they can be asked for, and how much of the keys this one owns. */
  share(): Promise<Share>;

  /** What has become of this node's membership so far; null where there is nobody to share with. */
  figures(): MembershipFigures | null;

  /** Calls `listener` whenever ownership has changed. */
  onChange(listener: () => void): void;

  /** Makes this node one of those that take things up, as soon as that can be. */
  join(): void;

  /** Tells the others that this node takes up nothing more. Harmless when it has been told. */
  leave(): Promise<void>;
}

/** What a member has seen since it started. */
export interface MembershipFigures {
  /** Times that the keys were dealt out anew. */
  readonly changes: number;
  /** Times that this node was no member for a moment. */
  readonly cutOffs: number;
  /** Parts of the keys that this node was dealt last, of how many. */
  readonly shards: number;
  readonly of: number;
}

/** How a cell is divided. */
export interface Share {
  readonly nodes: readonly string[];
  /** Parts of the keys that this node owns, of how many. */
  readonly shards: number;
  readonly of: number;
}

/** The membership of a node that has its log for itself: it owns everything, and every other node is a thing of the past. */
export function aloneAs(node: string): Membership {
  return {
    owns: () => true,
    goneOf: (nodes) => Promise.resolve(new Set([...nodes].filter((other) => other !== node))),
    share: () => Promise.resolve({ nodes: [node], shards: 1, of: 1 }),
    figures: () => null,
    onChange: () => undefined,
    join: () => undefined,
    leave: () => Promise.resolve(),
  };
}
