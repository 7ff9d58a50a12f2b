/**
 * Writes Zarr-Vectors 0.9 stores into memory: for sizes that are not worth committing, and for damage that no package writes.
 *
 * @module
 */

/** A store's objects by key. */
export type VectorObjects = Map<string, Uint8Array>;

/** Lines, or points as lines of one vertex each that belong to no object. */
export interface VectorInput {
  readonly chunkSize: number;
  readonly dims: number;
  readonly lines: readonly Float32Array[];
  readonly geometry: "point_cloud" | "streamline";
  /** Manifests as 0.9.4 may write them, with an id per object; no package on PyPI does. */
  readonly denseIds?: readonly bigint[];
}

interface Cell {
  readonly rows: number[];
  /** First row of each fragment. */
  readonly fragments: number[];
}

const utf8 = new TextEncoder();

/** A consolidated store, uncompressed, one cell per object. */
export function writeVectors({ chunkSize, dims, lines, geometry, denseIds }: VectorInput): VectorObjects {
  const cells = new Map<string, Cell>();
  const manifests: (readonly [chunk: readonly number[], fragment: number])[][] = [];
  const low = new Array<number>(dims).fill(Number.POSITIVE_INFINITY);
  const high = new Array<number>(dims).fill(Number.NEGATIVE_INFINITY);
  for (const line of lines) {
    const manifest: (readonly [readonly number[], number])[] = [];
    let last = "";
    for (let at = 0; at < line.length; at += dims) {
      const vertex = line.subarray(at, at + dims);
      const chunk = Array.from(vertex, (value) => Math.floor(value / chunkSize));
      chunk.forEach((coordinate, axis) => {
        low[axis] = Math.min(low[axis]!, coordinate);
        high[axis] = Math.max(high[axis]!, coordinate);
      });
      const key = chunk.join(".");
      const cell = cells.get(key) ?? { rows: [], fragments: [] };
      cells.set(key, cell);
      if (key !== last) {
        manifest.push([chunk, cell.fragments.length]);
        cell.fragments.push(cell.rows.length / dims);
        last = key;
      }
      cell.rows.push(...vertex);
    }
    manifests.push(manifest);
  }
  const objects: VectorObjects = new Map();
  const nodes: Record<string, unknown> = {
    "0": group({ zarr_vectors_level: { level: 0, vertex_count: total(lines, dims) } }),
  };
  const addFamily = (name: string, attributes: object, bytesOf: (cell: Cell) => Uint8Array): void => {
    nodes[`0/${name}`] = {
      ...array(
        high.map((last, axis) => last - low[axis]! + 1),
        high.map(() => 1),
      ),
      attributes: { ...attributes, chunk_grid_origin: low, nonempty_chunks: [...cells.keys()].sort() },
    };
    for (const [key, cell] of cells) {
      const index = key.split(".").map((coordinate, axis) => Number(coordinate) - low[axis]!);
      objects.set(`/0/${name}/c/${index.join("/")}`, items([bytesOf(cell)]));
    }
  };
  addFamily(
    "vertices",
    { dtype: "float32", encoding: "raw" },
    ({ rows }) => new Uint8Array(Float32Array.from(rows).buffer),
  );
  if (geometry === "streamline") {
    addFamily("vertex_fragments", { encoding: "fragment_index_v1" }, ({ rows, fragments }) =>
      fragmentTable(
        fragments.map((first, index) => [first, (fragments[index + 1] ?? rows.length / dims) - first]),
      ),
    );
    nodes["0/object_index"] = group({
      num_objects: lines.length,
      sid_ndim: dims,
      layout: denseIds === undefined ? "vlen_manifests_v1" : "dense_manifests_v1",
    });
  }
  if (geometry === "streamline" && denseIds !== undefined) {
    const spans: number[] = [];
    let first = 0;
    for (const { length } of manifests) {
      spans.push(first, length);
      first += length;
    }
    const blocks = manifests.flat().flatMap(([chunk, fragment]) => [...chunk, fragment]);
    const add = (name: string, values: readonly (number | bigint)[], shape: readonly number[]): void => {
      nodes[`0/object_index/${name}`] = {
        ...array(shape, shape),
        data_type: "int64",
        fill_value: -1,
        codecs: [{ name: "bytes", configuration: { endian: "little" } }],
      };
      const key = `/0/object_index/${name}/c/${shape.map(() => 0).join("/")}`;
      objects.set(key, new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
    };
    add("manifest_spans", spans, [lines.length, 2]);
    add("manifest_blocks", blocks, [blocks.length / (dims + 1), dims + 1]);
    add("object_ids", denseIds, [lines.length]);
  } else if (geometry === "streamline") {
    nodes["0/object_index/manifests"] = array([lines.length], [16_384]);
    for (let first = 0, chunk = 0; first < lines.length; first += 16_384, chunk++) {
      const part = manifests.slice(first, first + 16_384).map((manifest) => manifestOf(manifest));
      objects.set(`/0/object_index/manifests/c/${chunk}`, items(part));
    }
  }
  const root = {
    zarr_vectors: {
      zv_version: "0.9.2",
      chunk_shape: high.map(() => chunkSize),
      bounds: [low.map((c) => c * chunkSize), high.map((c) => (c + 1) * chunkSize)],
      geometry_types: [geometry],
    },
  };
  const document = {
    ...group(root),
    consolidated_metadata: { kind: "inline", must_understand: false, metadata: nodes },
  };
  objects.set("/zarr.json", utf8.encode(JSON.stringify(document)));
  return objects;
}

function total(lines: readonly Float32Array[], dims: number): number {
  return lines.reduce((sum, line) => sum + line.length / dims, 0);
}

export function group(attributes: object): object {
  return { zarr_format: 3, node_type: "group", attributes };
}

export function array(shape: readonly number[], chunkShape: readonly number[]): object {
  return {
    zarr_format: 3,
    node_type: "array",
    shape,
    data_type: "variable_length_bytes",
    fill_value: "",
    chunk_grid: { name: "regular", configuration: { chunk_shape: chunkShape } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    codecs: [{ name: "vlen-bytes", configuration: {} }],
    attributes: {},
  };
}

/** A `vlen-bytes` chunk. */
export function items(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(4 + parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, parts.length, true);
  let at = 4;
  for (const part of parts) {
    view.setUint32(at, part.length, true);
    bytes.set(part, at + 4);
    at += 4 + part.length;
  }
  return bytes;
}

/** A table of fragments that are all ranges. */
export function fragmentTable(ranges: readonly (readonly [first: number, count: number])[]): Uint8Array {
  const bitmap = Math.ceil(ranges.length / 64) * 8;
  const view = new DataView(new ArrayBuffer(16 + bitmap + 16 * ranges.length + 4));
  view.setUint32(0, 0x5a564647, true);
  view.setUint16(4, 1, true);
  view.setUint32(8, ranges.length, true);
  view.setUint32(12, ranges.length, true);
  ranges.forEach(([first, count], index) => {
    const at = 16 + (index >> 3);
    view.setUint8(at, view.getUint8(at) | (1 << (index & 7)));
    view.setBigInt64(16 + bitmap + 16 * index, BigInt(first), true);
    view.setBigInt64(24 + bitmap + 16 * index, BigInt(count), true);
  });
  return new Uint8Array(view.buffer);
}

/** A manifest of single fragments. */
export function manifestOf(
  refs: readonly (readonly [chunk: readonly number[], fragment: number])[],
): Uint8Array {
  const rank = refs[0]?.[0].length ?? 0;
  const view = new DataView(new ArrayBuffer(4 + refs.length * (8 * rank + 9)));
  view.setUint32(0, refs.length, true);
  let at = 4;
  for (const [chunk, fragment] of refs) {
    for (const coordinate of chunk) {
      view.setBigInt64(at, BigInt(coordinate), true);
      at += 8;
    }
    view.setBigInt64(at + 1, BigInt(fragment), true);
    at += 9;
  }
  return new Uint8Array(view.buffer);
}
