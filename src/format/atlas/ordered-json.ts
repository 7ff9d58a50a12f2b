/**
 * JSON whose objects keep the order of their keys. `JSON.parse` puts keys such as `"2024"` first, and the numbers by which
 * datasets are marked as deleted count in the order of the file.
 *
 * @module
 */
import { badMetadata, maxDepth, type Tree } from "./tree.js";

const token =
  /[\s]*(?:([{}[\],:])|("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))[\s]*/y;

/**
 * Parses a document.
 *
 * @throws ReaderError `invalid-metadata` for what is no JSON
 */
export function parseOrderedJson(bytes: Uint8Array, where: string): Tree {
  return new Parser(decode(bytes, where), where).document();
}

function decode(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw badMetadata(where, "is not UTF-8");
  }
}

class Parser {
  readonly #text: string;
  readonly #where: string;
  readonly #token = new RegExp(token);
  /** What the last match found: punctuation, text, a number, a word. */
  #found: readonly (string | undefined)[] = [];

  constructor(text: string, where: string) {
    this.#text = text;
    this.#where = where;
  }

  document(): Tree {
    this.#next();
    const value = this.#value(0);
    if (this.#token.lastIndex !== this.#text.length) throw this.#bad();
    return value;
  }

  #next(): void {
    const match = this.#token.exec(this.#text);
    if (match === null) throw this.#bad();
    this.#found = match.slice(1);
  }

  #bad(): Error {
    return badMetadata(this.#where, `is not JSON near character ${this.#token.lastIndex}`);
  }

  /** The value that begins with the token at hand. */
  #value(depth: number): Tree {
    if (depth > maxDepth) throw badMetadata(this.#where, "is nested too deeply");
    const [mark, text, number, word] = this.#found;
    if (mark === "{") return this.#map(depth);
    if (mark === "[") return this.#list(depth);
    if (text !== undefined) return this.#string(text);
    if (number !== undefined) return numberOf(number);
    if (word !== undefined) return word === "null" ? undefined : word === "true";
    throw this.#bad();
  }

  #map(depth: number): Tree {
    const map = new Map<string, Tree>();
    for (this.#next(); this.#found[0] !== "}"; ) {
      const key = this.#found[1];
      if (key === undefined) throw this.#bad();
      const name = this.#string(key);
      if (map.has(name)) throw badMetadata(this.#where, `has the key "${name}" twice`);
      this.#next();
      if (this.#found[0] !== ":") throw this.#bad();
      this.#next();
      map.set(name, this.#value(depth + 1));
      this.#endItem("}");
    }
    return map;
  }

  #list(depth: number): Tree {
    const list: Tree[] = [];
    for (this.#next(); this.#found[0] !== "]"; ) {
      list.push(this.#value(depth + 1));
      this.#endItem("]");
    }
    return list;
  }

  /** Passes over a comma and on to the item behind it, or stays at the end. */
  #endItem(end: string): void {
    this.#next();
    if (this.#found[0] === end) return;
    if (this.#found[0] !== ",") throw this.#bad();
    this.#next();
    if (this.#found[0] === end) throw this.#bad();
  }

  #string(quoted: string): string {
    try {
      return JSON.parse(quoted) as string;
    } catch {
      throw this.#bad();
    }
  }
}

function numberOf(text: string): number | bigint {
  const value = Number(text);
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(value) ? BigInt(text) : value;
}
