/**
 * The documents of a hierarchy, and v3's consolidated metadata: every node in one object, `consolidated_metadata` inside the
 * root's `zarr.json`, kind "inline".
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

/**
 * Reads the inline consolidated metadata of a v3 group; nested groups may carry their own, which is flattened.
 *
 * @param base path of the group below the root
 * @returns `undefined` for another kind that need not be understood
 * @throws ReaderError `invalid-metadata` or `unsupported`
 */
export function parseConsolidatedV3(
  consolidated: JsonValue,
  where: string,
  base = "",
): NodeDocuments | undefined {
  const nodes: NodeDocuments = new Map();
  const group = new JsonReader({ consolidated_metadata: consolidated }, where).object(
    "consolidated_metadata",
  );
  const kind = group.string("kind");
  if (kind !== "inline") {
    if (group.raw("must_understand") === false) return undefined;
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
      for (const [innerPath, node] of parseConsolidatedV3(inner, where, path) ?? [])
        nodes.set(innerPath, node);
    }
    nodes.set(path, { document, kind: "v3" });
  }
  return nodes;
}

/** The error for a node whose metadata is none. */
export function notAnObject(key: string, value: JsonValue | undefined, where: string): ReaderError {
  return new ReaderError(
    "invalid-metadata",
    `${where}: the metadata of "${key}" should be an object, found ${show(value)}.`,
    { detail: { key: where } },
  );
}
