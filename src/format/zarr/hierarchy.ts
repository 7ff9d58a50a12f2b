/**
 * Finds the nodes of a hierarchy below a root: consolidated, by listing, or the one array that the root is.
 *
 * @module
 */
import { registryFor } from "../../codec/on-demand.js";
import { isReaderError, ReaderError } from "../../core/error.js";
import type { JsonObject } from "../../core/json.js";
import type { AbsolutePath } from "../../core/plan.js";
import type { Engine } from "../../engine/engine.js";
import { canList } from "../../store/types.js";
import { codecNames } from "./codec-chain.js";
import { type NodeDocument, type NodeDocuments, parseConsolidatedV3, splitKey } from "./consolidated.js";
import { DocumentReader, documentNames } from "./document-reader.js";
import type { ArrayMetadata, GroupMetadata } from "./metadata.js";
import { parseNodeV3 } from "./metadata-v3.js";

export interface Hierarchy {
  readonly zarrFormat: 2 | 3;
  /** Of the root. */
  readonly attributes: JsonObject;
  /** By path below the root; the empty path when the root is an array. */
  readonly arrays: ReadonlyMap<string, ArrayMetadata>;
  readonly groups: ReadonlyMap<string, GroupMetadata>;
  /** Nodes whose metadata could not be understood. */
  readonly failures: ReadonlyMap<string, ReaderError>;
}

/**
 * Reads the metadata of everything below a root.
 *
 * One request for consolidated stores and for single arrays of v3. A bad node does not keep the others from opening.
 *
 * @throws ReaderError `not-found` when there is no Zarr node, `unsupported` when the children of a group cannot be
 * found, `invalid-metadata` when the root itself is bad
 */
export async function readHierarchy(
  engine: Pick<Engine, "store">,
  root: AbsolutePath,
  signal?: AbortSignal,
): Promise<Hierarchy> {
  const reader = new DocumentReader(engine, root, signal);
  const v3 = await reader.probe("zarr.json");
  if (v3 !== undefined) return readV3(reader, v3);
  const consolidated = await reader.probe(".zmetadata");
  const { joinV2, parseConsolidatedV2 } = await import("./consolidated-v2.js");
  if (consolidated !== undefined) {
    return parseAll(parseConsolidatedV2(consolidated, reader.key(".zmetadata")), reader, 2);
  }
  const [array, group, attributes] = await Promise.all([
    reader.probe(".zarray"),
    reader.probe(".zgroup"),
    reader.probe(".zattrs"),
  ]);
  if (array !== undefined) {
    const document: NodeDocument = { document: array, kind: "v2-array", attributes: attributes ?? {} };
    return parseAll(new Map([["", document]]), reader, 2);
  }
  if (group === undefined) {
    throw (
      reader.forbidden ??
      new ReaderError("not-found", `There is no Zarr array or group at ${root}.`, {
        hint: "Looked for zarr.json, .zmetadata, .zarray and .zgroup.",
        detail: { key: root },
      })
    );
  }
  const rest = await findDocuments(reader, attributes ?? {}, 2);
  const all = new Map([...rest, [".zgroup", group]] as const);
  if (attributes !== undefined) all.set(".zattrs", attributes);
  return parseAll(joinV2(all), reader, 2);
}

async function readV3(reader: DocumentReader, document: JsonObject): Promise<Hierarchy> {
  const where = reader.key("zarr.json");
  const node = parseNodeV3(document, where, await registryFor(codecNames(document)));
  const nodes: NodeDocuments = new Map();
  if (node.kind === "group") {
    const inline = node.consolidated;
    const consolidated = inline === undefined ? undefined : parseConsolidatedV3(inline, where);
    for (const [path, child] of consolidated ?? []) nodes.set(path, child);
    if (consolidated === undefined) {
      for (const [key, child] of await findDocuments(reader, node.attributes, 3)) {
        nodes.set(splitKey(key).path, { document: child, kind: "v3" });
      }
    }
  }
  nodes.set("", { document, kind: "v3" });
  return parseAll(nodes, reader, 3);
}

async function parseAll(nodes: NodeDocuments, reader: DocumentReader, zarrFormat: 2 | 3): Promise<Hierarchy> {
  const documents = [...nodes.values()].map(({ document }) => document);
  const registry = await registryFor(codecNames(documents));
  const v2 = zarrFormat === 2 ? await import("./metadata-v2.js") : undefined;
  const arrays = new Map<string, ArrayMetadata>();
  const groups = new Map<string, GroupMetadata>();
  const failures = new Map(reader.failures);
  for (const [path, node] of nodes) {
    if (failures.has(path)) continue;
    try {
      checkPath(path, reader.root);
      const where = reader.key(path === "" ? nameOf(node) : `${path}/${nameOf(node)}`);
      const metadata =
        v2 === undefined
          ? parseNodeV3(node.document, where, registry)
          : v2.parseNodeV2(node, where, registry);
      if (metadata.kind === "array") arrays.set(path, metadata);
      else groups.set(path, metadata);
    } catch (error) {
      // A bad root leaves nothing to open.
      if (!isReaderError(error) || path === "") throw error;
      failures.set(path, error);
    }
  }
  const attributes = (groups.get("") ?? arrays.get(""))?.attributes ?? {};
  return { zarrFormat, attributes, arrays, groups, failures };
}

function nameOf(node: NodeDocument): string {
  return { v3: "zarr.json", "v2-array": ".zarray", "v2-group": ".zgroup" }[node.kind];
}

/** Paths come from the document; `..` would lead out of the store once it stands in a URL. */
function checkPath(path: string, root: AbsolutePath): void {
  if (path === "" || path.split("/").every((part) => part !== "" && part !== "." && part !== "..")) return;
  throw new ReaderError("invalid-metadata", `${root}: "${path}" is no path of a node.`, {
    detail: { key: root },
  });
}

/**
 * Documents below the root, by key relative to it, without consolidated metadata: those that its attributes name, or
 * else those that are listed, or else those of usual names.
 */
async function findDocuments(
  reader: DocumentReader,
  attributes: JsonObject,
  zarrFormat: 2 | 3,
): Promise<ReadonlyMap<string, JsonObject>> {
  const naming = ["multiscales", "ome", "plate", "well", "labels", seriesLayout];
  if (naming.some((key) => attributes[key] !== undefined)) {
    const { readOmeChildren } = await import("./named-children.js");
    const named = await readOmeChildren(reader, attributes, zarrFormat);
    if (named !== undefined) return named;
  }
  try {
    return await listDocuments(reader, documentNames[zarrFormat]);
  } catch (thrown) {
    if (!isReaderError(thrown, "unsupported") && !isReaderError(thrown, "limit-exceeded")) throw thrown;
    const { tryAlsChildren } = await import("./named-children.js");
    const tried = await tryAlsChildren(reader, attributes, zarrFormat);
    if (tried === undefined) throw thrown;
    return tried;
  }
}

/** Of a collection of images in OME-Zarr 0.4; in 0.5 it is under `ome`. */
const seriesLayout = "bioformats2raw.layout";

/** Documents below the root with one of these names, by key relative to the root; the root's own excluded. */
async function listDocuments(
  reader: DocumentReader,
  names: readonly string[],
): Promise<ReadonlyMap<string, JsonObject>> {
  const { store } = reader;
  if (!canList(store)) throw cannotList(reader);
  const keys = await reader.list(store, names).catch((thrown: unknown) => {
    // A web server tells only when it is asked that it shows no index pages.
    throw isReaderError(thrown, "unsupported") ? cannotList(reader) : thrown;
  });
  const documents = new Map<string, JsonObject>();
  const found = await Promise.all(keys.map((key) => reader.tryRead(key)));
  keys.forEach((key, index) => {
    const document = found[index];
    if (document !== undefined) documents.set(key, document);
  });
  return documents;
}

function cannotList({ root }: DocumentReader): ReaderError {
  return new ReaderError(
    "unsupported",
    `The group at ${root} has no consolidated metadata, and this store cannot list its keys.`,
    {
      hint:
        "Consolidate it (zarr.consolidate_metadata in Python), open the URL of one of its arrays, " +
        "or give the option listing.",
      detail: { key: root },
    },
  );
}
