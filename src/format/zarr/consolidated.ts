/**
 * Consolidated metadata: every node of a hierarchy in one object. v2: `.zmetadata`, as xarray and zarr-python write
 * it; v3: `consolidated_metadata` inside the root's `zarr.json`, kind "inline".
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import { isJsonObject, type JsonObject, JsonReader, type JsonValue } from "../../core/json.js";
import { show } from "./extension.js";

/** The metadata documents of a hierarchy, by path of the node below the root. */
export type NodeDocuments = Map<string, NodeDocument>;

/** What is stored about one node. */
export interface NodeDocument {
  /** `zarr.json`, `.zarray` or `.zgroup`. */
  readonly document: JsonObject;
  readonly kind: "v3" | "v2-array" | "v2-group";
  /** v2 only: `.zattrs`. */
  readonly attributes?: JsonObject;
}

/** Splits a v2 key such as `sub/air/.zarray` into the path of its node and the name of the document. */
export function splitKey(key: string): { readonly path: string; readonly name: string } {
  const at = key.lastIndexOf("/");
  return at < 0 ? { path: "", name: key } : { path: key.slice(0, at), name: key.slice(at + 1) };
}

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

/**
 * Reads the inline consolidated metadata of a v3 group; nested groups may carry their own, which is flattened.
 *
 * @param base path of the group below the root
 * @throws ReaderError `invalid-metadata` or `unsupported`
 */
export function parseConsolidatedV3(consolidated: JsonValue, where: string, base = ""): NodeDocuments {
  const nodes: NodeDocuments = new Map();
  const group = new JsonReader({ consolidated_metadata: consolidated }, where).object(
    "consolidated_metadata",
  );
  const kind = group.string("kind");
  if (kind !== "inline") {
    throw new ReaderError(
      "unsupported",
      `${where}: consolidated metadata of kind "${kind}"; "inline" is known.`,
      {
        detail: { key: where },
      },
    );
  }
  for (const [key, value] of Object.entries(group.object("metadata").value)) {
    if (!isJsonObject(value)) throw notAnObject(key, value, where);
    const path = base === "" ? key : `${base}/${key}`;
    const { consolidated_metadata: inner, ...document } = value;
    if (inner !== undefined && inner !== null) {
      for (const [innerPath, node] of parseConsolidatedV3(inner, where, path)) nodes.set(innerPath, node);
    }
    nodes.set(path, { document, kind: "v3" });
  }
  return nodes;
}

function notAnObject(key: string, value: JsonValue | undefined, where: string): ReaderError {
  return new ReaderError(
    "invalid-metadata",
    `${where}: the metadata of "${key}" should be an object, found ${show(value)}.`,
    { detail: { key: where } },
  );
}
