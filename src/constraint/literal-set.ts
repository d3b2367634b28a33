const encoder = new TextEncoder();

/** A fixed set of texts as a tree of bytes; each text is told by its tag, its place in the list. */
export class LiteralSet {
  readonly texts: readonly string[];
  /** For each node: its children by byte. */
  private readonly children: Map<number, number>[] = [new Map()];
  private readonly tags: number[] = [-1];
  /** For each node: the tags below it, as a range of `order`. */
  private readonly from: number[] = [0];
  private readonly to: number[] = [0];
  private readonly order: number[];
  private views = 0;

  constructor(texts: readonly string[]) {
    this.texts = texts;
    const bytes = texts.map((text) => encoder.encode(text));
    this.order = texts.map((_, tag) => tag).sort((a, b) => compareBytes(bytes[a]!, bytes[b]!));
    this.order.forEach((tag, place) => {
      let node = 0;
      this.to[0] = place + 1;
      for (const byte of bytes[tag]!) {
        let child = this.children[node]!.get(byte);
        if (child === undefined) {
          child = this.children.length;
          this.children.push(new Map());
          this.tags.push(-1);
          this.from.push(place);
          this.children[node]!.set(byte, child);
        }
        node = child;
        this.to[node] = place + 1;
      }
      this.tags[node] = tag;
    });
  }

  /** The set without the tags that `allows` refuses. `prefix` names the set among others. */
  view(prefix: string, allows: (tag: number) => boolean): LiteralView {
    const sums = [0];
    for (const tag of this.order) sums.push(sums[sums.length - 1]! + (allows(tag) ? 1 : 0));
    const live = (node: number): boolean => sums[this.to[node]!]! > sums[this.from[node]!]!;
    return {
      id: `${prefix}.${this.views++}`,
      live,
      child: (node, byte) => {
        const child = this.children[node]!.get(byte);
        return child !== undefined && live(child) ? child : -1;
      },
      tagAt: (node) => {
        const tag = this.tags[node]!;
        return tag >= 0 && allows(tag) ? tag : -1;
      },
      isLeaf: (node) => this.children[node]!.size === 0,
    };
  }
}

/** A literal set as far as it is allowed now. */
export interface LiteralView {
  readonly id: string;
  live(node: number): boolean;
  child(node: number, byte: number): number;
  tagAt(node: number): number;
  isLeaf(node: number): boolean;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let index = 0; index < a.length && index < b.length; index++) {
    if (a[index] !== b[index]) return a[index]! - b[index]!;
  }
  return a.length - b.length;
}
