/**
 * @module An array file of version 5 with as many entries as one likes, each of one chunk: what the packages would take minutes to write.
 */

const blockBytes = 56;
const headBytes = 32;
const entryBytes = 168;
const chunkBytes = 32;

export interface FileShape {
  /** Values of each dataset; default: 5. */
  readonly cells?: number;
  /** Of the blocks; default: stored as they are. */
  readonly codec?: "lz4";
  /** Each dataset in a block of its own; default: all in one. */
  readonly isBlockEach?: boolean;
  /** Behind the data, what nothing refers to. */
  readonly paddingBytes?: number;
  /** Empty texts instead. */
  readonly isText?: boolean;
  /** Datasets from this one on have an entry, and no chunk. */
  readonly written?: number;
}

/** Datasets `profile_0`, `profile_1` … of so many `float32` each, all values the number of the dataset. */
export function writeArrayFile(
  count: number,
  layer: number,
  {
    cells = 5,
    codec,
    isBlockEach = false,
    paddingBytes = 0,
    isText = false,
    written = count,
  }: FileShape = {},
): Uint8Array {
  // Empty texts are offsets of nothing, one more than texts.
  const words = isText ? cells + 1 : cells;
  const values = new Float32Array(words * count).map((_, word) => (isText ? 0 : Math.floor(word / words)));
  const perBlock = isBlockEach ? 1 : count;
  const blocks = Array.from({ length: isBlockEach ? count : Math.min(1, count) }, (_, block) => {
    const decoded = new Uint8Array(values.slice(words * block * perBlock).buffer, 0, 4 * words * perBlock);
    return { decoded, data: codec === undefined ? decoded : writeLiterals(decoded) };
  });
  const children = blocks.length * blockBytes;
  const index = new Writer(children + count * (headBytes + chunkBytes + entryBytes) + 96);
  let end = 0;
  for (const [number, { data, decoded }] of blocks.entries()) {
    const at = number * blockBytes;
    index
      .u32(at, number)
      .u64(at + 8, end)
      .u64(at + 16, data.length)
      .u64(at + 24, decoded.length);
    if (codec !== undefined) index.u8(at + 32, 1).text(at + 40, codec);
    end += data.length;
  }
  const entries = children + count * (headBytes + chunkBytes);
  for (let number = 0; number < count; number++) {
    const child = children + number * (headBytes + chunkBytes);
    const entry = entries + number * entryBytes;
    // Extent of the array and of its chunks, the name of the axis, coordinates of the chunk.
    index
      .u32(child, cells)
      .u32(child + 4, cells)
      .text(child + 8, "level")
      .u32(child + 24, 0);
    const chunk = child + headBytes;
    index
      .run(chunk, child + 24, 1)
      .u32(chunk + 16, Math.floor(number / perBlock))
      .u32(chunk + 20, 4 * words * (number % perBlock))
      .u32(chunk + 24, 4 * words);
    index.text(entry, `profile_${number}`).u8(entry + 16, isText ? 11 : 9);
    index
      .run(entry + 40, child, 1)
      .run(entry + 56, child + 8, 1)
      .run(entry + 72, child + 4, 1);
    index.run(entry + 88, chunk, number < written ? 1 : 0);
  }
  const root = entries + count * entryBytes;
  index
    .u32(root, 5)
    .run(root + 8, 0, blocks.length)
    .run(root + 24, entries, count)
    .u32(root + 72, layer);
  index.text(root + 80, "");
  const trailer = new Writer(12).u64(0, index.bytes.length).u32(8, 0x46525241);
  const parts = [...blocks.map(({ data }) => data), new Uint8Array(paddingBytes), index.bytes, trailer.bytes];
  return new Uint8Array(Buffer.concat(parts));
}

/** Length and one LZ4 sequence of literals: compressed for all that a reader knows, and as long as it was. */
function writeLiterals(bytes: Uint8Array): Uint8Array {
  const head = new Writer(4).u32(0, bytes.length).bytes;
  const left = bytes.length - 15;
  const lengths = new Uint8Array(Math.floor(left / 255)).fill(255);
  return new Uint8Array(
    Buffer.concat([head, [0xf0], lengths, [left % 255], bytes].map((part) => Buffer.from(part))),
  );
}

class Writer {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  u8(at: number, value: number): this {
    this.#view.setUint8(at, value);
    return this;
  }

  u32(at: number, value: number): this {
    this.#view.setUint32(at, value, true);
    return this;
  }

  u64(at: number, value: number): this {
    this.#view.setBigUint64(at, BigInt(value), true);
    return this;
  }

  /** A list: the distance to its elements, and their number. */
  run(at: number, target: number, length: number): this {
    this.#view.setBigInt64(at, BigInt(target - at), true);
    return this.u64(at + 8, length);
  }

  /** Of 16 bytes at most. */
  text(at: number, text: string): this {
    this.bytes.fill(0xff, at, at + 16);
    this.bytes.set(new TextEncoder().encode(text), at);
    return this;
  }
}
