/**
 * The documents of v2 nodes put together: `.zmetadata`, as xarray and zarr-python write it, or one by one.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import { isJsonObject, type JsonObject, JsonReader } from "../../core/json.js";
import { type NodeDocuments, notAnObject, splitKey } from "./consolidated.js";

/** Joins the v2 documents of each node; nodes that have attributes only are left out. */
export function joinV2(documents: ReadonlyMap<string, JsonObject>): NodeDocuments {
  const nodes: NodeDocuments = new Map();
  for (const [key, document] of documents) {
    const { path, name } = splitKey(key);
    const kind = name === ".zarray" ? "v2-array" : name === ".zgroup" ? "v2-group" : undefined;
    if (kind === undefined || (kind === "v2-group" && nodes.has(path))) continue;
    const attributes = documents.get(path === "" ? ".zattrs" : `${path}/.zattrs`) ?? {};
    nodes.set(path, { document, kind, attributes });
  }
  return nodes;
}

/** Reads a `.zmetadata` document. @throws ReaderError `invalid-metadata` or `unsupported` */
export function parseConsolidatedV2(document: JsonObject, where: string): NodeDocuments {
  const reader = new JsonReader(document, where);
  if (reader.has("record_size") && !reader.has("zarr_consolidated_format")) {
    throw new ReaderError(
      "unsupported",
      `${where}: kerchunk references in parquet are not read; JSON ones are.`,
      {
        detail: { key: where },
      },
    );
  }
  const version = reader.number("zarr_consolidated_format");
  if (version !== 1) {
    throw new ReaderError("unsupported", `${where}: zarr_consolidated_format ${version}; 1 is known.`, {
      detail: { key: where },
    });
  }
  const documents = new Map<string, JsonObject>();
  for (const [key, value] of Object.entries(reader.object("metadata").value)) {
    if (!isJsonObject(value)) throw notAnObject(key, value, where);
    documents.set(key, value);
  }
  return joinV2(documents);
}
