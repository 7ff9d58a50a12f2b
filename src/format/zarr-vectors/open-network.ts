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
import { ObjectColumns } from "./group-columns.js";
import { type Levels, nameApart } from "./levels.js";
import { readLinkAttributes } from "./link-attributes.js";
import type { ObjectColumn } from "./object-columns.js";
import { type LevelPlan, planLevels } from "./plan-levels.js";
import { type NetworkResult, planNetwork } from "./plan-network.js";

export function openGraph(levels: Levels): Promise<AnySource> {
  return openNetwork("graph", levels, (result): GraphTable => {
    const { links, width } = result;
    if (width !== 2) {
      throw new ReaderError("unsupported", `The links of a graph join ${width} vertices; edges join 2.`);
    }
    return { kind: "graph", ...sharedParts(result), edges: links };
  });
}

export function openMesh(levels: Levels): Promise<AnySource> {
  return openNetwork("mesh", levels, (result): MeshTable => {
    const { links, width } = result;
    return { kind: "mesh", ...sharedParts(result), indices: links, faceSize: width };
  });
}

function sharedParts({ vertices, linkFields, ids, repeated }: NetworkResult) {
  const { length, dims, positions, fields } = vertices;
  return {
    length,
    dims,
    positions,
    vertexFields: fields,
    fields: linkFields,
    ...(ids === undefined ? {} : { ids }),
    ...(repeated === 0 ? {} : { repeated }),
  };
}

async function openNetwork<K extends "graph" | "mesh", T extends GraphTable | MeshTable>(
  kind: K,
  levels: Levels,
  tableOf: (result: NetworkResult) => T,
): Promise<AnySource> {
  const { info, vertexFields } = await describeKind(kind, levels);
  // Format 0.7 does not say which vertices of a mesh are which object's.
  const hasObjects = kind === "graph" || levels.container.root.layout === "arrays";
  const columns = new ObjectColumns(levels);
  const taken = vertexFields.map((field) => field.name);
  const columnsAt = async (level: number, groups?: readonly number[]) =>
    nameApart(
      hasObjects ? await columns.at(level, groups) : new Map<string, ObjectColumn>(),
      "objects",
      taken,
    );
  const finest = info.levels[0]!.level;
  const [ofObjects, ofLinks] = await Promise.all([
    columnsAt(finest),
    readLinkAttributes(await levels.open(finest)),
  ]);
  const definition = {
    info: {
      ...info,
      fields: ofLinks.map((attribute) => attribute.info),
      vertexFields: [...vertexFields, ...[...ofObjects.values()].map((column) => column.info)],
    },
    plan: (query: NetworkQuery, options: QueryOptions) =>
      planLevels(
        levels,
        query,
        (level, asked) => planOne(level, asked, options),
        async (plans, level) => (await import("./additive.js")).joinVectorPlans(plans, level),
      ),
  };
  async function planOne(
    number: number,
    query: NetworkQuery,
    options: QueryOptions,
  ): Promise<LevelPlan<VectorPlan<T>>> {
    const isNamed = query.objects !== undefined || query.groups !== undefined;
    if (isNamed && !hasObjects) {
      throw new ReaderError(
        "unsupported",
        "Meshes of format 0.7 do not say which vertices are which object's; ask without objects and groups.",
      );
    }
    const [level, named] = await Promise.all([levels.open(number), columnsAt(number, query.groups)]);
    const planned = await planNetwork(level, named, query, options);
    return {
      ...planned,
      read: async (reader) => tableOf(await planned.read(reader)),
      async *stream(reader) {
        for await (const result of planned.stream(reader)) yield tableOf(result);
      },
    };
  }
  return createVectorSource(kind, definition as never, levels.container.engine);
}
