/**
 * A model's vocabulary as a tree of bytes, laid out depth first: the tokens below a node are neighbours, and a subtree that
 * cannot be reached is skipped by one jump. A token's *place* is its position in that order; masks are bits by place.
 */
export class VocabularyTree {
  readonly size: number;
  /** For each node: its byte, its depth from 1, the node behind its subtree, the first place at or below it. */
  readonly bytes: Uint8Array;
  readonly depths: Uint16Array;
  readonly ends: Int32Array;
  readonly firstPlaces: Int32Array;
  /** For each node: how many tokens are spelled exactly by it, and for each place: its token. */
  readonly counts: Int32Array;
  readonly tokens: Int32Array;
  /** For each token its place; -1 for tokens without text, which a constraint never allows. */
  readonly places: Int32Array;
  /** For each node a number that equals another's where both have the same tokens below by the same bytes. */
  readonly shapes: Int32Array;
  readonly maxDepth: number;
  /** For each node: the classes of all bytes at and below it, as bits; the last ones are `nonAsciiClass` and "malformed". */
  readonly classes: Int32Array;
  /** The bytes of each ASCII class. */
  readonly classBytes: readonly (readonly number[])[] = CLASS_BYTES;
  readonly nonAsciiClass = 1 << CLASS_BYTES.length;

  /** `texts`: the bytes of each token; undefined or empty for those without text (control tokens). */
  constructor(texts: readonly (Uint8Array | undefined)[]) {
    const order = texts.flatMap((bytes, token) => (bytes === undefined || bytes.length === 0 ? [] : [token]));
    order.sort((a, b) => compareBytes(texts[a]!, texts[b]!));
    this.size = order.length;
    this.tokens = Int32Array.from(order);
    this.places = new Int32Array(texts.length).fill(-1);
    order.forEach((token, place) => {
      this.places[token] = place;
    });
    const nodes = layOut(order.map((token) => texts[token]!));
    this.bytes = Uint8Array.from(nodes.bytes);
    this.depths = Uint16Array.from(nodes.depths);
    this.ends = Int32Array.from(nodes.ends);
    this.firstPlaces = Int32Array.from([...nodes.firstPlaces, order.length]);
    this.counts = Int32Array.from(nodes.counts);
    this.shapes = shapesOf(this);
    this.maxDepth = nodes.depths.reduce((most, depth) => Math.max(most, depth), 0);
    this.classes = classesOf(this, malformedPlaces(order.map((token) => texts[token]!)));
  }

  get nodes(): number {
    return this.bytes.length;
  }

  /** The bytes of the token at a place. */
  textAt(place: number): number[] {
    const text: number[] = [];
    for (let node = 0; node < this.nodes; ) {
      if (place >= this.firstPlaces[this.ends[node]!]!) node = this.ends[node]!;
      else {
        text.push(this.bytes[node]!);
        if (place < this.firstPlaces[node]! + this.counts[node]!) return text;
        node++;
      }
    }
    return text;
  }
}

/** Bytes that patterns tend to treat alike; each that they often single out is a class of its own. */
const CLASS_BYTES: readonly (readonly number[])[] = [
  bytesOf('abcdefghijklmnopqrstuvwxyz'),
  bytesOf('ABCDEFGHIJKLMNOPQRSTUVWXYZ'),
  bytesOf('0123456789'),
  bytesOf(' '),
  bytesOf('_'),
  bytesOf('-'),
  bytesOf('.'),
  bytesOf('/'),
  bytesOf(':'),
  bytesOf(','),
  bytesOf('@'),
  bytesOf('\n\r\t'),
  bytesOf('"'),
  bytesOf('\\'),
  bytesOf("!#$%&'()*+;<=>?[]^`{|}~"),
];

function bytesOf(chars: string): number[] {
  return [...chars].map((char) => char.charCodeAt(0));
}

function classesOf({ bytes, ends, counts, firstPlaces }: VocabularyTree, malformed: ReadonlySet<number>): Int32Array {
  const ofByte = new Int32Array(256).fill(1 << (CLASS_BYTES.length + 1));
  CLASS_BYTES.forEach((members, index) => {
    for (const byte of members) ofByte[byte] = 1 << index;
  });
  ofByte.fill(1 << CLASS_BYTES.length, 0x80);
  const classes = new Int32Array(bytes.length);
  for (let node = bytes.length - 1; node >= 0; node--) {
    let mask = ofByte[bytes[node]!]!;
    for (let index = 0; index < counts[node]!; index++) {
      if (malformed.has(firstPlaces[node]! + index)) mask |= 1 << (CLASS_BYTES.length + 1);
    }
    for (let child = node + 1; child < ends[node]!; child = ends[child]!) mask |= classes[child]!;
    classes[node] = mask;
  }
  return classes;
}

/** Tokens that are not the beginning of well-formed UTF-8. */
function malformedPlaces(texts: readonly Uint8Array[]): Set<number> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const malformed = new Set<number>();
  texts.forEach((text, place) => {
    if (text.every((byte) => byte < 0x80)) return;
    try {
      // A token may end inside a character.
      decoder.decode(text, { stream: true });
    } catch {
      malformed.add(place);
      return;
    }
    try {
      decoder.decode();
    } catch {
      // The rest of that character is another token's.
    }
  });
  return malformed;
}

interface Layout {
  bytes: number[];
  depths: number[];
  ends: number[];
  firstPlaces: number[];
  counts: number[];
}

/** Nodes of sorted texts, depth first. */
function layOut(texts: readonly Uint8Array[]): Layout {
  const layout: Layout = { bytes: [], depths: [], ends: [], firstPlaces: [], counts: [] };
  const path: number[] = [];
  let before: Uint8Array = new Uint8Array(0);
  texts.forEach((text, place) => {
    let shared = 0;
    while (shared < text.length && shared < before.length && text[shared] === before[shared]) shared++;
    for (const node of path.splice(shared)) layout.ends[node] = layout.bytes.length;
    for (let depth = shared; depth < text.length; depth++) {
      path.push(layout.bytes.length);
      layout.bytes.push(text[depth]!);
      layout.depths.push(depth + 1);
      layout.ends.push(0);
      layout.firstPlaces.push(place);
      layout.counts.push(0);
    }
    const node = path[path.length - 1]!;
    layout.counts[node] = layout.counts[node]! + 1;
    before = text;
  });
  for (const node of path) layout.ends[node] = layout.bytes.length;
  return layout;
}

function shapesOf({ bytes, ends, counts }: VocabularyTree): Int32Array {
  const shapes = new Int32Array(bytes.length);
  const known = new Map<string, number>();
  for (let node = bytes.length - 1; node >= 0; node--) {
    let key = `${counts[node]}`;
    for (let child = node + 1; child < ends[node]!; child = ends[child]!) key += `,${bytes[child]}:${shapes[child]}`;
    let shape = known.get(key);
    if (shape === undefined) {
      shape = known.size;
      known.set(key, shape);
    }
    shapes[node] = shape;
  }
  return shapes;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let index = 0; index < a.length && index < b.length; index++) {
    if (a[index] !== b[index]) return a[index]! - b[index]!;
  }
  return a.length - b.length;
}
