/**
 * Metadata as trees whose maps keep the order of their keys, which counts: JSON and MessagePack alike.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";

/** `bigint` for integers beyond 2^53, `undefined` for null. */
export type Tree = TreeMap | readonly Tree[] | string | number | bigint | boolean | Uint8Array | undefined;

export type TreeMap = ReadonlyMap<string, Tree>;

/** Deeper trees are an attack. */
export const maxDepth = 64;

/** The error for metadata that are not what they should be. */
export function badMetadata(where: string, reason: string): ReaderError {
  return new ReaderError("invalid-metadata", `${where}: ${reason}.`, { detail: { key: where } });
}

/** A part of a tree with the path that led to it, so that each checked read can name its place. */
export class TreeReader {
  readonly value: Tree;
  readonly where: string;

  constructor(value: Tree, where: string) {
    this.value = value;
    this.where = where;
  }

  get isMap(): boolean {
    return this.value instanceof Map;
  }

  has(key: string): boolean {
    return this.value instanceof Map && this.value.get(key) !== undefined;
  }

  at(key: string): TreeReader {
    const map = this.map();
    return new TreeReader(map.get(key), `${this.where}.${key}`);
  }

  map(): TreeMap {
    return this.value instanceof Map ? (this.value as TreeMap) : this.#fail("a map");
  }

  entries(): [string, TreeReader][] {
    return [...this.map()].map(([key, value]) => [key, new TreeReader(value, `${this.where}.${key}`)]);
  }

  items(): TreeReader[] {
    const { value } = this;
    if (!Array.isArray(value)) return this.#fail("a list");
    return (value as Tree[]).map((item, index) => new TreeReader(item, `${this.where}[${index}]`));
  }

  text(): string {
    return typeof this.value === "string" ? this.value : this.#fail("text");
  }

  /** A non-negative safe integer. */
  size(): number {
    const { value } = this;
    return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : this.#fail("a size");
  }

  /** An integer of any size and sign. */
  whole(): bigint {
    const { value } = this;
    if (typeof value === "bigint") return value;
    return Number.isSafeInteger(value) ? BigInt(value as number) : this.#fail("an integer");
  }

  sizes(): number[] {
    return this.items().map((item) => item.size());
  }

  texts(): string[] {
    return this.items().map((item) => item.text());
  }

  bad(reason: string): ReaderError {
    return badMetadata(this.where, reason);
  }

  #fail(wanted: string): never {
    const { value } = this;
    const found =
      value instanceof Map ? "a map" : Array.isArray(value) ? "a list" : String(value).slice(0, 80);
    throw badMetadata(this.where, `should be ${wanted}, found ${found}`);
  }
}
