/**
 * The attributes of an array file: values and their names, kept once in dictionaries that entries point into
 * (array-format 0.10 to 0.12, `layout.rs`).
 *
 * @module
 */
import type { AttributeValue } from "../../core/dataset.js";
import type { Archive, Run } from "./archive.js";
import { type ArrayEntry, attributeBytes, type Footer } from "./footer.js";

/** One attribute of an entry: its places in the dictionaries of names and of values. */
export interface AttributePair {
  readonly key: number;
  readonly value: number;
}

/** The dictionaries of one file. */
export class AttributeDictionary {
  readonly #archive: Archive;
  readonly #keys: Run;
  readonly #values: Run;
  #names: readonly string[] | undefined;

  /** @param footer of version 4 or 5 */
  constructor({ archive, attributeKeys, attributeValues }: Footer) {
    this.#archive = archive;
    this.#keys = attributeKeys;
    this.#values = attributeValues;
  }

  /** Number of values. */
  get size(): number {
    return this.#values.length;
  }

  get names(): readonly string[] {
    const { at, length } = this.#keys;
    this.#names ??= Array.from({ length }, (_, index) => this.#archive.text(at + 16 * index));
    return this.#names;
  }

  /** The values at those of the places where one of the kind is; `undefined` stands for the kinds of lists. */
  valuesOf(places: Iterable<number>, kind: number | undefined): AttributeValue[] {
    const { at, length } = this.#values;
    const found: AttributeValue[] = [];
    for (const place of places) {
      if (place >= length) continue;
      const value = at + attributeBytes * place;
      const tag = this.#archive.u8(value);
      if (kind === undefined ? tag >= kinds.length : tag === kind)
        found.push(readAttributeValue(this.#archive, value));
    }
    return found;
  }
}

/** Bytes of one place in a list of pairs, by its tag. */
const pairWidths = [2, 4, 8];

/** The pairs of an entry (`Attributes`): a tag that tells the width of their numbers, and a `Vec`. */
export function readPairs(archive: Archive, at: number): AttributePair[] {
  const width = pairWidths[archive.u8(at)];
  if (width === undefined) throw archive.corrupt(`has attributes of kind ${archive.u8(at)}`);
  const read = (place: number): number =>
    width === 2 ? archive.u16(place) : width === 4 ? archive.u32(place) : archive.size(place);
  const { at: first, length } = archive.run(at + 8, 2 * width);
  return Array.from({ length }, (_, index) => {
    const place = first + 2 * width * index;
    return { key: read(place), value: read(place + width) };
  });
}

/**
 * The attributes of an entry of a file that has one layer for good, by name: those of containers.
 *
 * @throws ReaderError `corrupt`
 */
export function readAttributes(footer: Footer, entry: ArrayEntry): ReadonlyMap<string, AttributeValue> {
  const { archive, attributeKeys, attributeValues, attributeForm } = footer;
  const at = entry.attributesAt;
  const placeIn = ({ at: first, length }: Run, stride: number, index: number): number => {
    if (index < length) return first + stride * index;
    throw archive.corrupt(`has an attribute that names entry ${index} of ${length}`);
  };
  const textAt = (index: number): string => archive.text(placeIn(attributeKeys, 16, index));
  if (attributeForm === "pairs") {
    return new Map(
      readPairs(archive, at).map(({ key, value }) => {
        const place = placeIn(attributeValues, attributeBytes, value);
        return [textAt(key), readAttributeValue(archive, place)] as const;
      }),
    );
  }
  const stride = attributeForm === "indexes" ? 8 : 32;
  const { at: first, length } = archive.run(at, stride);
  const attributes = new Map<string, AttributeValue>();
  for (let number = 0; number < length; number++) {
    const item = first + stride * number;
    const place =
      attributeForm === "indexes"
        ? placeIn(attributeValues, attributeBytes, archive.u32(item + 4))
        : item + 8;
    attributes.set(textAt(archive.u32(item)), readAttributeValue(archive, place, textAt));
  }
  return attributes;
}

interface Kind {
  readonly bytes: number;
  read(archive: Archive, at: number): boolean | number | bigint | string | Uint8Array;
}

/** By tag; those of lists follow in the same order. */
const kinds: readonly Kind[] = [
  { bytes: 1, read: (archive, at) => archive.flag(at) },
  { bytes: 1, read: (archive, at) => (archive.u8(at) << 24) >> 24 },
  { bytes: 2, read: (archive, at) => (archive.u16(at) << 16) >> 16 },
  { bytes: 4, read: (archive, at) => archive.u32(at) | 0 },
  { bytes: 8, read: (archive, at) => narrow(archive.i64(at)) },
  { bytes: 1, read: (archive, at) => archive.u8(at) },
  { bytes: 2, read: (archive, at) => archive.u16(at) },
  { bytes: 4, read: (archive, at) => archive.u32(at) },
  { bytes: 8, read: (archive, at) => narrow(archive.u64(at)) },
  { bytes: 4, read: (archive, at) => archive.f32(at) },
  { bytes: 8, read: (archive, at) => archive.f64(at) },
  { bytes: 16, read: (archive, at) => archive.text(at) },
  { bytes: 16, read: (archive, at) => archive.octets(at) },
];

const textKind = 11;

/**
 * One value.
 *
 * @param textAt from version 6 on, where texts are numbers in a list
 * @throws ReaderError `corrupt`
 */
export function readAttributeValue(
  archive: Archive,
  at: number,
  textAt?: (index: number) => string,
): AttributeValue {
  const tag = archive.u8(at);
  const kindOf = (number: number): Kind | undefined =>
    textAt !== undefined && number === textKind
      ? { bytes: 4, read: (_, place) => textAt(archive.u32(place)) }
      : kinds[number];
  const scalar = kindOf(tag);
  // Scalars lie at their natural alignment behind the tag.
  if (scalar !== undefined) return scalar.read(archive, at + Math.min(8, scalar.bytes));
  const item = kindOf(tag - kinds.length);
  if (item === undefined) throw archive.corrupt(`has an attribute of kind ${tag}`);
  const { at: first, length } = archive.run(at + 8, item.bytes);
  return Array.from({ length }, (_, index) => item.read(archive, first + item.bytes * index));
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
