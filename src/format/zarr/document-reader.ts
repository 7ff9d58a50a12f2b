/**
 * Reads the metadata documents of a hierarchy from its store.
 *
 * @module
 */
import { isReaderError, ReaderError } from "../../core/error.js";
import { isJsonObject, type JsonObject, parseJsonObject } from "../../core/json.js";
import type { AbsolutePath } from "../../core/plan.js";
import type { Engine } from "../../engine/engine.js";
import type { ListableStore } from "../../store/types.js";
import { nodeKey } from "./chunk-key.js";
import { splitKey } from "./consolidated.js";
import { keepBigFillValues } from "./fill-value.js";
import type { NodeReader } from "./named-children.js";

/** Names of the documents of a node, by version. */
export const documentNames = { 2: [".zarray", ".zgroup", ".zattrs"], 3: ["zarr.json"] } as const;

/** Keys listed before giving up: a hundred pages of a bucket listing. */
const maxListedKeys = 100_000;

/** Reads and parses metadata documents by key relative to the root. */
export class DocumentReader implements NodeReader {
  readonly store: Engine["store"];
  readonly root: AbsolutePath;
  /** Nodes whose document is not JSON. */
  readonly failures = new Map<string, ReaderError>();
  /** The first probe that was forbidden. */
  forbidden: ReaderError | undefined;
  readonly #signal: AbortSignal | undefined;

  constructor(engine: Pick<Engine, "store">, root: AbsolutePath, signal: AbortSignal | undefined) {
    this.store = engine.store;
    this.root = root;
    this.#signal = signal;
  }

  key(name: string): AbsolutePath {
    return nodeKey(this.root, "", name);
  }

  async read(name: string): Promise<JsonObject | undefined> {
    const key = this.key(name);
    const bytes = await this.store.get(key, {
      priority: "metadata",
      ...(this.#signal === undefined ? {} : { signal: this.#signal }),
    });
    return bytes === undefined ? undefined : parseJsonObject(keepBigFillValues(bytes), key);
  }

  /** As `read`, for a document that need not be there: buckets that may not be listed answer 403 for what is not. */
  async probe(name: string): Promise<JsonObject | undefined> {
    try {
      return await this.read(name);
    } catch (error) {
      if (!isReaderError(error, "forbidden")) throw error;
      this.forbidden ??= error;
      return undefined;
    }
  }

  /** As `read`, but a document that is no JSON counts as a failure of its node. */
  async tryRead(name: string): Promise<JsonObject | undefined> {
    try {
      return await this.read(name);
    } catch (error) {
      if (!isReaderError(error, "invalid-metadata")) throw error;
      this.failures.set(splitKey(name).path, error);
      return undefined;
    }
  }

  /** The documents of one node that may not be there, and its attributes. */
  async readNode(path: string, zarrFormat: 2 | 3): ReturnType<NodeReader["readNode"]> {
    const documents = new Map<string, JsonObject>();
    await Promise.all(
      documentNames[zarrFormat].map(async (name) => {
        const key = `${path}/${name}`;
        const document = await this.tryRead(key).catch((thrown: unknown) => {
          if (!isReaderError(thrown, "forbidden")) throw thrown;
          return undefined;
        });
        if (document !== undefined) documents.set(key, document);
      }),
    );
    const attributes =
      zarrFormat === 2 ? documents.get(`${path}/.zattrs`) : documents.get(`${path}/zarr.json`)?.attributes;
    return { documents, attributes: isJsonObject(attributes) ? attributes : {} };
  }

  async list(store: ListableStore, names: readonly string[]): Promise<string[]> {
    const prefix = nodeKey(this.root, "", "");
    const keys: string[] = [];
    let seen = 0;
    const options = this.#signal === undefined ? {} : { signal: this.#signal };
    for await (const { key } of store.list(prefix, options)) {
      if (++seen > maxListedKeys) {
        throw new ReaderError(
          "limit-exceeded",
          `The group at ${this.root} has more than ${maxListedKeys} keys and no consolidated metadata.`,
          { hint: "Consolidate it, or open the URL of one of its arrays.", detail: { key: this.root } },
        );
      }
      const relative = key.slice(prefix.length);
      const { path, name } = splitKey(relative);
      if (path !== "" && names.includes(name)) keys.push(relative);
    }
    return keys;
  }
}
