/**
 * Writes small graphs and meshes of Zarr-Vectors 0.9 into memory, for damage that no package writes.
 *
 * @module
 */
import { array, fragmentTable, group, items, manifestOf, type VectorObjects } from "./vector-store.js";

/** Where a small network lies: vertices 0 to 2 in chunk 0.0.0, 3 and 4 in chunk 1.0.0, of two objects in each. */
export const networkKeys = {
  vertices: "/0/vertices/c/0/0/0",
  fragments: "/0/vertex_fragments/c/0/0/0",
  inner: "/0/links/0/0.0.0/c/0/0/0",
  across: "/0/links/0/+1.0.0/c/0/0/0",
  weights: "/0/link_attributes/weight/0/+1.0.0/c/0/0/0",
  ofFragments: "/0/fragment_attributes/tag/c/0/0/0",
  manifests: "/0/object_index/manifests/c/0",
} as const;

/** int64 numbers. */
export function int64s(...values: (number | bigint)[]): Uint8Array {
  return new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
}

function float32s(...values: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

/** A consolidated store: edges 0–1 and 1–2 in a chunk, 2–3 across, 3–4 in the next; or a tree of the same. */
export function writeNetwork(kind: "graph" | "skeleton" = "graph"): VectorObjects {
  const objects: VectorObjects = new Map();
  const nodes: Record<string, unknown> = {
    "0": group({ zarr_vectors_level: { level: 0, vertex_count: 5 } }),
  };
  const family = (name: string, attributes: object, cells: readonly (Uint8Array | undefined)[]): void => {
    nodes[`0/${name}`] = {
      ...array([2, 1, 1], [1, 1, 1]),
      attributes: {
        ...attributes,
        nonempty_chunks: cells.flatMap((cell, x) => (cell === undefined ? [] : [`${x}.0.0`])),
      },
    };
    cells.forEach((cell, x) => {
      if (cell !== undefined) objects.set(`/0/${name}/c/${x}/0/0`, items([cell]));
    });
  };
  family("vertices", { dtype: "float32", encoding: "raw" }, [
    float32s(1, 1, 1, 2, 1, 1, 9, 1, 1),
    float32s(11, 1, 1, 12, 1, 1),
  ]);
  family("vertex_fragments", { encoding: "fragment_index_v1" }, [
    fragmentTable([
      [0, 2],
      [2, 1],
    ]),
    fragmentTable([[0, 2]]),
  ]);
  nodes["0/links/0"] = group({
    zv_array: "links_family",
    link_width: 2,
    directed: false,
    store: "canonical",
  });
  family("links/0/0.0.0", { dtype: "int64", has_perm: false }, [int64s(0, 1, 1, 2), int64s(0, 1)]);
  // One group, from byte 0 on: the code of an order, then a vertex of each chunk.
  family("links/0/+1.0.0", { dtype: "int64", has_perm: true }, [int64s(1, 0, 0, 2, 0), undefined]);
  family("link_attributes/weight/0/0.0.0", { dtype: "float32", row_shape: [] }, [
    float32s(1, 2),
    float32s(4),
  ]);
  family("link_attributes/weight/0/+1.0.0", { dtype: "float32", row_shape: [] }, [float32s(3), undefined]);
  family("fragment_attributes/tag", { dtype: "float32", row_shape: [] }, [float32s(7, 8), float32s(9)]);
  nodes["0/object_index"] = group({ num_objects: 2, sid_ndim: 3, layout: "vlen_manifests_v1" });
  nodes["0/object_index/manifests"] = array([2], [2]);
  const manifests = [
    manifestOf([[[0, 0, 0], 0]]),
    manifestOf([
      [[0, 0, 0], 1],
      [[1, 0, 0], 0],
    ]),
  ];
  objects.set(networkKeys.manifests, items(manifests));
  const root = {
    zarr_vectors: {
      zv_version: "0.9.2",
      chunk_shape: [10, 10, 10],
      bounds: [
        [1, 1, 1],
        [12, 1, 1],
      ],
      geometry_types: [kind],
      ...(kind === "skeleton" ? { links_convention: "implicit_sequential_with_branches" } : {}),
    },
  };
  const consolidated = { kind: "inline", must_understand: false, metadata: nodes };
  const document = { ...group(root), consolidated_metadata: consolidated };
  objects.set("/zarr.json", new TextEncoder().encode(JSON.stringify(document)));
  return objects;
}
