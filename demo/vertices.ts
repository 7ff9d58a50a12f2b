/**
 * @module
 * Lines, graphs and meshes as points with something between them, so that the page shows them with what it has for points.
 */
import type { Column, GraphTable, MeshTable, PointTable, PolylineTable, TypedArray } from "cloudcrop";
import { type Gather, joinTables } from "./gather.js";
import type { Result } from "./state.js";

type VertexTable = PolylineTable | GraphTable | MeshTable;

/** Lines, which come in parts; graphs and meshes, which come in one table. */
export function gatherVertices(dims: 2 | 3): Gather<VertexTable> {
  let parts: VertexResult[] = [];
  return {
    add(part) {
      parts.push(describeVertices(part));
    },
    result() {
      if (parts.length > 1) parts = [joinLines(parts)];
      return parts[0] ?? { kind: "points", table: { ...nothing.table, dims } };
    },
  };
}

type VertexResult = Extract<Result, { readonly kind: "points" }>;

function joinLines(parts: readonly VertexResult[]): VertexResult {
  const paths: number[] = [0];
  // Joined as the rows they are, one for each line.
  const lines = joinTables(
    parts.map(({ lines = {}, paths }) => ({ ...nothing.table, length: paths!.length - 1, fields: lines })),
  );
  for (const part of parts) {
    const base = paths.at(-1)!;
    for (const start of part.paths!.subarray(1)) paths.push(base + start);
  }
  return {
    kind: "points",
    table: joinTables(parts.map((part) => part.table)),
    paths: Uint32Array.from(paths),
    lines: lines.fields,
  };
}

const nothing: VertexResult = {
  kind: "points",
  table: { kind: "points", length: 0, dims: 2, positions: new Float64Array(0), fields: {} },
};

function describeVertices(table: VertexTable): VertexResult {
  const { dims, positions, vertexFields } = table;
  const length = positions.length / dims;
  const points = (fields: PointTable["fields"]): PointTable => ({
    kind: "points",
    length,
    dims,
    positions,
    fields,
  });
  if (table.kind === "polylines") {
    const { startIndices: paths, fields } = table;
    const spread = Object.entries(fields).map(
      ([name, column]) => [name, spreadColumn(column, paths)] as const,
    );
    const vertices = points({ ...Object.fromEntries(spread), ...vertexFields });
    return { kind: "points", table: vertices, paths, lines: fields };
  }
  const edges = table.kind === "graph" ? table.edges : outline(table);
  return { kind: "points", table: points(vertexFields), edges };
}

/** What a line carries, at each of its vertices. */
function spreadColumn(column: Column, paths: Uint32Array): Column {
  const { width = 1, validity } = column;
  const count = paths.at(-1) ?? 0;
  const values: TypedArray | string[] = Array.isArray(column)
    ? new Array<string>(count * width)
    : new (column.constructor as Float64ArrayConstructor)(count * width);
  const flags = validity === undefined ? undefined : new Uint8Array(count);
  for (let line = 0; line + 1 < paths.length; line++) {
    for (let vertex = paths[line]!; vertex < paths[line + 1]!; vertex++) {
      for (let item = 0; item < width; item++) {
        (values as Float64Array)[vertex * width + item] = (column as Float64Array)[line * width + item]!;
      }
      if (flags !== undefined) flags[vertex] = validity![line]!;
    }
  }
  const { unit, categories } = column;
  return Object.assign(values, {
    ...(width === 1 ? {} : { width }),
    ...(unit === undefined ? {} : { unit }),
    ...(categories === undefined ? {} : { categories }),
    ...(flags === undefined ? {} : { validity: flags }),
  });
}

/** The sides of every face. */
function outline({ indices, faceSize }: MeshTable): Uint32Array {
  const edges = new Uint32Array(2 * indices.length);
  for (let at = 0; at < indices.length; at++) {
    const isLast = at % faceSize === faceSize - 1;
    edges[2 * at] = indices[at]!;
    edges[2 * at + 1] = indices[isLast ? at - faceSize + 1 : at + 1]!;
  }
  return edges;
}
