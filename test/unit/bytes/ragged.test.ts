import { describe, expect, it } from "vitest";
import {
  buildRagged,
  checkRagged,
  concatRagged,
  gatherRagged,
  itemOf,
  ownRagged,
  type Ragged,
  repeatRagged,
  toItems,
} from "../../../src/bytes/ragged.js";
import { isReaderError } from "../../../src/core/error.js";

const words = ["", "zarr", "世界", "\uFEFFmark", "🚀🎉", "a"];
const encoder = new TextEncoder();

function list(texts: readonly string[]): Ragged {
  return buildRagged(texts.length, (index) => encoder.encode(texts[index]));
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (thrown) {
    return isReaderError(thrown) ? thrown.code : String(thrown);
  }
  return undefined;
}

describe("items of any length", () => {
  it("come back as they were put in, as text and as bytes", () => {
    expect(toItems(list(words), "string", "x")).toEqual(words);
    expect(toItems(list(["plain", "", "ascii"]), "string", "x")).toEqual(["plain", "", "ascii"]);
    expect(toItems(list(words), "bytes", "x")).toEqual(words.map((word) => encoder.encode(word)));
    expect(itemOf(list(words), 1)).toEqual(encoder.encode("zarr"));
  });

  it("are lists of numbers, wherever they lie in memory", () => {
    const numbers = new Uint8Array(Int16Array.of(0, -1, 300, -300).buffer);
    for (const shift of [0, 1]) {
      const bytes = new Uint8Array(shift + numbers.length).subarray(shift);
      bytes.set(numbers);
      const items = { length: 3, offsets: Uint32Array.of(0, 2, 2, 8), bytes };
      expect(toItems(items, "list<int16>", "x")).toEqual([
        Int16Array.of(0),
        new Int16Array(0),
        Int16Array.of(-1, 300, -300),
      ]);
      expect(codeOf(() => toItems(items, "list<int32>", "x"))).toBe("corrupt");
    }
  });

  it("are gathered, repeated and joined", () => {
    const rows = gatherRagged(list(words), Uint32Array.of(5, 2, 2, 0));
    expect(toItems(rows, "string", "x")).toEqual(["a", "世界", "世界", ""]);
    const pairs = gatherRagged(list(words), Uint32Array.of(2, 0), 2);
    expect(toItems(pairs, "string", "x")).toEqual(["🚀🎉", "a", "", "zarr"]);
    expect(toItems(repeatRagged(encoder.encode("né"), 3), "string", "x")).toEqual(["né", "né", "né"]);
    const joined = concatRagged([rows, list([]), pairs]);
    expect(toItems(joined, "string", "x")).toEqual(["a", "世界", "世界", "", "🚀🎉", "a", "", "zarr"]);
  });

  it("own their buffers after a cut", () => {
    const whole = list(words);
    const cut = { length: 2, offsets: whole.offsets.subarray(1, 4), bytes: whole.bytes };
    const own = ownRagged(cut);
    expect(toItems(own, "string", "x")).toEqual(["zarr", "世界"]);
    expect(own.bytes.byteLength).toBe(own.bytes.buffer.byteLength);
    expect(ownRagged(whole).bytes).toBe(whole.bytes);
    expect(toItems(concatRagged([cut, cut]), "string", "x")).toEqual(["zarr", "世界", "zarr", "世界"]);
  });

  it("that are no text are refused by number, also where two halves make a character", () => {
    const halves = checkRagged(Uint32Array.of(0, 1, 3), encoder.encode("世"), "x");
    expect(() => toItems(halves, "string", "Field a")).toThrow("Field a: item 0 is no UTF-8 text");
    const bad = checkRagged(Uint32Array.of(0, 1, 2), Uint8Array.of(65, 255), "x");
    expect(() => toItems(bad, "string", "Field a")).toThrow("item 1");
    expect(toItems(bad, "bytes", "x")).toEqual([Uint8Array.of(65), Uint8Array.of(255)]);
  });

  it("over offsets that go back or out are corrupt", () => {
    const bytes = new Uint8Array(4);
    expect(codeOf(() => checkRagged(Uint32Array.of(0, 3, 2), bytes, "x"))).toBe("corrupt");
    expect(codeOf(() => checkRagged(Uint32Array.of(0, 5), bytes, "x"))).toBe("corrupt");
    expect(codeOf(() => checkRagged(Uint32Array.of(), bytes, "x"))).toBe("corrupt");
    expect(codeOf(() => repeatRagged(bytes, 2 ** 31))).toBe("limit-exceeded");
  });
});
