/**
 * Graphs, skeletons and meshes as sources; loaded when a store has some.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import type { AnySource, NetworkQuery, QueryOptions } from "../../core/source.js";
import type { GraphTable, MeshTable } from "../../core/table.js";
import { createVectorSource, type VectorPlan } from "../../engine/create-vector-source.js";
import { describeKind } from "./describe.js";
import type { Levels } from "./levels.js";
import { type NetworkResult, planNetwork } from "./plan-network.js";

export function openGraph(levels: Levels): Promise<AnySource> {
  return openNetwork("graph", levels, ({ vertices, links, width, ids }): GraphTable => {
    if (width !== 2) {
      throw new ReaderError("unsupported", `The links of a graph join ${width} vertices; edges join 2.`);
    }
    return { kind: "graph", ...sharedParts(vertices, ids), edges: links, fields: {} };
  });
}

export function openMesh(levels: Levels): Promise<AnySource> {
  return openNetwork("mesh", levels, ({ vertices, links, width, ids }): MeshTable => {
    return { kind: "mesh", ...sharedParts(vertices, ids), indices: links, faceSize: width, fields: {} };
  });
}

function sharedParts(
  { length, dims, positions, fields }: NetworkResult["vertices"],
  ids: NetworkResult["ids"],
) {
  return { length, dims, positions, vertexFields: fields, ...(ids === undefined ? {} : { ids }) };
}

async function openNetwork<K extends "graph" | "mesh", T extends GraphTable | MeshTable>(
  kind: K,
  levels: Levels,
  tableOf: (result: NetworkResult) => T,
): Promise<AnySource> {
  const { info, vertexFields } = await describeKind(kind, levels);
  const definition = {
    info: { ...info, fields: [], vertexFields },
    async plan(query: NetworkQuery, options: QueryOptions): Promise<VectorPlan<T>> {
      const isNamed = query.objects !== undefined || query.groups !== undefined;
      if (kind === "mesh" && isNamed && levels.container.root.layout === "groups") {
        throw new ReaderError(
          "unsupported",
          "Meshes of format 0.7 do not say which vertices are which object's; ask without objects and groups.",
        );
      }
      const planned = await planNetwork(await levels.open(levels.check(query.level)), query, options);
      return { ...planned, read: async (reader) => tableOf(await planned.read(reader)) };
    },
  };
  return createVectorSource(kind, definition as never, levels.container.engine);
}
