/**
 * Rows of many short arrays as one column. These names are the library's own.
 *
 * - `text-sections`: the same of text, whose chunks begin with where each item does (`offset-items`).
 * - `sections`: pieces of a block that holds several chunks, each as often as it counts: the levels of a profile once, its
 *   longitude for every level. Where nothing was written there is the fill value.
 * - `runs`: values and how often each counts; nothing is stored for them.
 *
 * @module
 */
import { repeatNumbers } from "../bytes/fill.js";
import { concatRagged, countUp, gatherRagged, itemOf, type Ragged, repeatRagged } from "../bytes/ragged.js";
import { arrayOf, type FixedType, isRagged } from "../core/dtype.js";
import { type CodecDefinition, corruptData, defineCodec } from "./define.js";
import { parseOffsetItems } from "./offset-items.js";

interface Sections {
  /** Bytes of the whole block. */
  readonly total: number;
  /** Bytes of one fill value. */
  readonly fill: Uint8Array;
  /** Three numbers each: the first byte in the block, or -1 for the fill value; bytes; how often they count. */
  readonly pieces: readonly number[];
}

export const sections: CodecDefinition = defineCodec<Sections>({
  name: "sections",
  kind: "bytes-to-bytes",
  parse: (configuration) => ({
    total: configuration.number("total"),
    fill: Uint8Array.from(configuration.numbers("fill")),
    pieces: configuration.numbers("pieces"),
  }),
  create: ({ total, fill, pieces }) => ({
    kind: "bytes-to-bytes",
    encodedLength: () => total,
    decode(bytes) {
      if (bytes.length !== total) throw corruptData("sections", `${bytes.length} bytes instead of ${total}`);
      let length = 0;
      for (let at = 0; at < pieces.length; at += 3) length += pieces[at + 1]! * pieces[at + 2]!;
      const joined = new Uint8Array(length);
      for (let at = 0, place = 0; at < pieces.length; at += 3) {
        const [offset, size, times] = [pieces[at]!, pieces[at + 1]!, pieces[at + 2]!];
        if (times === 0) continue;
        if (offset >= 0 && offset + size > total) {
          throw corruptData("sections", `bytes ${offset} to ${offset + size} lie in ${total}`);
        }
        const piece = offset < 0 ? fill.subarray(0, size) : bytes.subarray(offset, offset + size);
        joined.set(piece, place);
        const end = size * times;
        // What is there is doubled until it is there as often as it counts.
        for (let done = size; done > 0 && done < end; done *= 2) {
          joined.copyWithin(place + done, place, place + Math.min(done, end - done));
        }
        place += end;
      }
      return joined;
    },
  }),
});

interface TextSections {
  /** Bytes of the whole block. */
  readonly total: number;
  /**
   * Six numbers each: the first byte in the block, or -1 where nothing was written, which is empty text; bytes, and the items they
   * hold; the first of these that counts, how many do, and how often.
   */
  readonly pieces: readonly number[];
}

export const textSections: CodecDefinition = defineCodec<TextSections>({
  name: "text-sections",
  kind: "array-to-bytes",
  parse: (configuration) => ({
    total: configuration.number("total"),
    pieces: configuration.numbers("pieces"),
  }),
  create: ({ total, pieces }) => ({
    kind: "array-to-bytes",
    decode(bytes) {
      if (bytes.length !== total) {
        throw corruptData("text-sections", `${bytes.length} bytes instead of ${total}`);
      }
      const lists: Ragged[] = [];
      for (let at = 0; at < pieces.length; at += 6) {
        const [offset, length, items] = [pieces[at]!, pieces[at + 1]!, pieces[at + 2]!];
        const [first, count, times] = [pieces[at + 3]!, pieces[at + 4]!, pieces[at + 5]!];
        if (offset < 0) {
          lists.push(repeatRagged(new Uint8Array(0), count * times));
          continue;
        }
        if (offset + length > total || first + count > items) {
          const what = `items ${first} to ${first + count} of ${items} in bytes ${offset} to ${offset + length}`;
          throw corruptData("text-sections", `${what} are not in ${total}`);
        }
        const chunk = parseOffsetItems(bytes.subarray(offset, offset + length), items);
        lists.push(
          times === 1
            ? gatherRagged(chunk, countUp(count, first))
            : repeatRagged(itemOf(chunk, first), times),
        );
      }
      return { values: concatRagged(lists) };
    },
  }),
});

interface Runs {
  readonly values: readonly number[];
  readonly counts: readonly number[];
}

export const runs: CodecDefinition = defineCodec<Runs>({
  name: "runs",
  kind: "array-to-bytes",
  parse: (configuration) => ({
    values: configuration.numbers("values"),
    counts: configuration.numbers("counts"),
  }),
  create: ({ values, counts }) => ({
    kind: "array-to-bytes",
    decode(_, { dtype }) {
      if (isRagged(dtype)) throw corruptData("runs", `${dtype} has no numbers`);
      const total = counts.reduce((sum, count) => sum + count, 0);
      const rows = repeatNumbers(dtype as FixedType, total, new Uint8Array(arrayOf(dtype).BYTES_PER_ELEMENT));
      let place = 0;
      values.forEach((value, run) => {
        rows.fill(value as never, place, place + counts[run]!);
        place += counts[run]!;
      });
      return { values: rows };
    },
  }),
});
