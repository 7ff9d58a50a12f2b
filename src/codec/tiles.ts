/**
 * `tiles`: boxes of one array that lie in a block, each in C order, as that array. This name is the library's own; it stands in
 * front of what decodes the block.
 *
 * @module
 */
import { placeBlock } from "../bytes/block.js";
import { countItems } from "../core/dtype.js";
import { type CodecDefinition, corruptData, defineCodec } from "./define.js";

interface Tiles {
  /** Bytes of the whole block, and of one item. */
  readonly total: number;
  readonly size: number;
  /** Of the array that the tiles fill. */
  readonly shape: readonly number[];
  /** Of each tile: its first byte in the block, where it begins along each axis, and its extent along each. */
  readonly tiles: readonly number[];
}

export const tiles: CodecDefinition = defineCodec<Tiles>({
  name: "tiles",
  kind: "bytes-to-bytes",
  parse: (configuration) => ({
    total: configuration.number("total"),
    size: configuration.number("size"),
    shape: configuration.numbers("shape"),
    tiles: configuration.numbers("tiles"),
  }),
  create: ({ total, size, shape, tiles }) => ({
    kind: "bytes-to-bytes",
    encodedLength: () => total,
    decode(bytes) {
      if (bytes.length !== total) throw corruptData("tiles", `${bytes.length} bytes instead of ${total}`);
      const values = new Uint8Array(countItems(shape) * size);
      const rank = shape.length;
      for (let at = 0; at < tiles.length; at += 1 + 2 * rank) {
        const offset = tiles[at]!;
        const start = tiles.slice(at + 1, at + 1 + rank);
        const extents = tiles.slice(at + 1 + rank, at + 1 + 2 * rank);
        const length = countItems(extents) * size;
        const fits = extents.every((extent, axis) => start[axis]! + extent <= shape[axis]!);
        if (!fits || offset + length > total) {
          throw corruptData("tiles", `a tile of ${length} bytes at ${offset} does not lie in ${total}`);
        }
        const tile = { values: bytes.subarray(offset, offset + length), shape: extents, lanes: size };
        placeBlock(tile, { values, shape, lanes: size }, start);
      }
      return values;
    },
  }),
});
