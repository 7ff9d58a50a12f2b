/**
 * What a store is read through, whichever version wrote it: its documents, its families, and how versions differ.
 *
 * @module
 */
import { registryFor } from "../../codec/on-demand.js";
import type { DataType } from "../../core/dtype.js";
import type { Engine } from "../../engine/engine.js";
import { codecNames } from "../zarr/codec-chain.js";
import { parseCellArray } from "./cell-arrays.js";
import type { CellFamily } from "./cells.js";
import type { Documents } from "./documents.js";
import type { LevelMetadata, RootMetadata } from "./metadata.js";

export interface Container {
  readonly root: RootMetadata;
  readonly documents: Documents;
  readonly engine: Engine;
  /**
   * Opens a per-chunk family of a level: `vertices`, `vertex_attributes/<name>`.
   *
   * @param blobType what its cells hold, where that is no row of the type that the metadata states
   * @returns `undefined` when there is none
   */
  openFamily(level: LevelMetadata, name: string, blobType?: DataType): Promise<CellFamily | undefined>;
}

export function createContainer(root: RootMetadata, documents: Documents, engine: Engine): Container {
  return {
    root,
    documents,
    engine,
    async openFamily(level, name, blobType) {
      const path = `${level.level}/${name}`;
      const rank = root.axes.length + (level.chunkedBy === undefined ? 0 : 1);
      const document = await documents.read(path);
      if (document === undefined) return undefined;
      if (root.layout === "arrays") {
        return parseCellArray(path, document, engine, await registryFor(codecNames(document)), blobType);
      }
      const { parseCellGroup } = await import("./cell-groups.js");
      return parseCellGroup(path, document, rank, documents, blobType);
    },
  };
}
