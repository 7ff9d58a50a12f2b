/**
 * JSON whose objects keep the order of their keys. `JSON.parse` puts keys such as `"2024"` first, and the numbers by which
 * datasets are marked as deleted count in the order of the file.
 *
 * @module
 */
import { startPace } from "../../core/pace.js";
import { badMetadata, maxDepth, type Tree } from "./tree.js";

const token =
  /[\s]*(?:([{}[\],:])|("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))[\s]*/y;

/**
 * Parses a document, in slices where it is long.
 *
 * @throws ReaderError `invalid-metadata` for what is no JSON
 */
export function parseOrderedJson(bytes: Uint8Array, where: string): Promise<Tree> {
  return new Parser(decode(bytes, where), where).document();
}

function decode(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw badMetadata(where, "is not UTF-8");
  }
}

interface OpenMap {
  readonly map: Map<string, Tree>;
  /** Of the value that comes next. */
  key: string;
  readonly list: undefined;
}

type Open = OpenMap | { readonly list: Tree[] };

/** Stands for a value that goes on. */
const begun = Symbol();

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

  async document(): Promise<Tree> {
    const pace = startPace();
    /** Maps and lists that have begun, the innermost last. */
    const open: Open[] = [];
    this.#next();
    for (;;) {
      const wait = pace.step();
      if (wait !== undefined) await wait;
      let value = this.#begin(open);
      if (value === begun) continue;
      // A value ends its item; a mark behind it may end what the item is part of.
      for (let inner = open.at(-1); ; inner = open.at(-1)) {
        if (inner === undefined) {
          if (this.#token.lastIndex !== this.#text.length) throw this.#bad();
          return value as Tree;
        }
        if (inner.list !== undefined) inner.list.push(value as Tree);
        else inner.map.set(inner.key, value as Tree);
        this.#next();
        const [mark] = this.#found;
        const end = inner.list === undefined ? "}" : "]";
        if (mark === ",") {
          this.#next();
          if (inner.list === undefined) this.#key(inner);
          break;
        }
        if (mark !== end) throw this.#bad();
        open.pop();
        value = inner.list ?? inner.map;
      }
    }
  }

  #next(): void {
    const match = this.#token.exec(this.#text);
    if (match === null) throw this.#bad();
    this.#found = match.slice(1);
  }

  #bad(): Error {
    return badMetadata(this.#where, `is not JSON near character ${this.#token.lastIndex}`);
  }

  /** The value of the token at hand, or `begun` where it opens a map or a list that has something in it. */
  #begin(open: Open[]): Tree | typeof begun {
    const [mark, text, number, word] = this.#found;
    if (text !== undefined) return this.#string(text);
    if (number !== undefined) return numberOf(number);
    if (word !== undefined) return word === "null" ? undefined : word === "true";
    if (mark !== "{" && mark !== "[") throw this.#bad();
    if (open.length > maxDepth) throw badMetadata(this.#where, "is nested too deeply");
    this.#next();
    if (mark === "[") {
      if (this.#found[0] === "]") return [];
      open.push({ list: [] });
      return begun;
    }
    const map = new Map<string, Tree>();
    if (this.#found[0] === "}") return map;
    const inner: OpenMap = { map, key: "", list: undefined };
    this.#key(inner);
    open.push(inner);
    return begun;
  }

  /** Takes the key at hand and the colon behind it, and goes on to the value. */
  #key(inner: OpenMap): void {
    const quoted = this.#found[1];
    if (quoted === undefined) throw this.#bad();
    const key = this.#string(quoted);
    if (inner.map.has(key)) throw badMetadata(this.#where, `has the key "${key}" twice`);
    inner.key = key;
    this.#next();
    if (this.#found[0] !== ":") throw this.#bad();
    this.#next();
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
