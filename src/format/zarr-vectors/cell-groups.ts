/**
 * Per-chunk families of formats 0.6 and 0.7: a group, with one small `uint8` array per chunk named by the chunk's key.
 *
 * Neighbours may have different codecs, so each array's own document is read: two requests per chunk and family.
 *
 * @module
 */

import { registryFor } from "../../codec/on-demand.js";
import type { DataType } from "../../core/dtype.js";
import { isJsonObject, type JsonObject, JsonReader } from "../../core/json.js";
import { chunkName, nodeKey } from "../zarr/chunk-key.js";
import { requireEqualChunks } from "../zarr/chunk-shapes.js";
import { codecNames } from "../zarr/codec-chain.js";
import { parseNodeV3 } from "../zarr/metadata-v3.js";
import { layoutOf } from "../zarr/sharding.js";
import {
  type Cell,
  type CellFamily,
  type Chunk,
  compareChunks,
  invalidNode,
  nodeAttributes,
  parseChunkKey,
} from "./cells.js";
import type { Documents } from "./documents.js";
import { customShards } from "./metadata.js";
import { numberRows, parseRowType } from "./row-type.js";

/**
 * Reads the metadata of a family.
 *
 * @param rank components of a chunk key
 * @throws ReaderError `unsupported` or `invalid-metadata`
 */
export function parseCellGroup(
  path: string,
  document: JsonObject,
  rank: number,
  documents: Documents,
  blobType?: DataType,
): CellFamily {
  const where = nodeKey("/", path, "zarr.json");
  if (document.node_type !== "group") throw invalidNode(where, "a group is expected, an array is there.");
  const attributes = nodeAttributes(document);
  const type =
    blobType === undefined
      ? parseRowType(new JsonReader(attributes, where, "$.attributes").string("dtype"), where)
      : numberRows(blobType);
  const names = documents.knownChildren(path);
  const known = names && chunksOf(names, rank, where);
  return {
    path,
    ...type,
    attributes,
    ...(known === undefined ? {} : { known }),
    async list() {
      if (known !== undefined) return known;
      const listed = await documents.children(path);
      return listed && chunksOf(listed, rank, where);
    },
    async locate(chunk) {
      const child = `${path}/${chunk.join(".")}`;
      const found = await documents.read(child);
      return found === undefined ? undefined : locateBlob(child, found);
    },
  };
}

function chunksOf(names: readonly string[], rank: number, where: string): Chunk[] {
  if (names.some((name) => name.startsWith("__shard_"))) throw customShards(where);
  return names
    .map((name) => parseChunkKey(name, rank))
    .filter((chunk) => chunk !== undefined)
    .sort(compareChunks);
}

/**
 * Where the bytes of a `uint8` array of one chunk lie, with codecs that fit whatever numbers they are.
 *
 * @returns `undefined` for an empty one, of which nothing is stored
 */
export async function locateBlob(path: string, document: JsonObject): Promise<Cell | undefined> {
  const registry = await registryFor(codecNames(document));
  const where = nodeKey("/", path, "zarr.json");
  const codecs = Array.isArray(document.codecs) ? document.codecs.map(withOrder) : document.codecs;
  const node = parseNodeV3({ ...document, ...(codecs === undefined ? {} : { codecs }) }, where, registry);
  if (node.kind !== "array") throw invalidNode(where, "an array is expected, a group is there.");
  const [length] = node.shape;
  if (node.dtype !== "uint8" || length === undefined || node.shape.length !== 1) {
    throw invalidNode(where, "a row of bytes is expected.");
  }
  if (length === 0) return undefined;
  requireEqualChunks(node, where);
  const layout = layoutOf(node, where);
  if (layout.levels.length > 0 || node.chunkShape[0]! < length) {
    throw invalidNode(where, "the bytes should be one chunk.");
  }
  const isPlain = layout.codecs.length === 1;
  const key = nodeKey("/", path, chunkName(node.chunkKeys, [0]));
  return { read: { key, ...(isPlain ? { bytesHint: length } : {}) }, codecs: layout.codecs };
}

/** `bytes` without an order is for single bytes; as numbers they are little-endian. */
function withOrder(codec: unknown): JsonObject {
  const name = isJsonObject(codec) ? codec.name : codec;
  if (name === "bytes") return { name: "bytes", configuration: { endian: "little" } };
  return isJsonObject(codec) ? codec : { name: String(name) };
}
