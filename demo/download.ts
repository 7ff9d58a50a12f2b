/**
 * @module
 * The whole result as a file: CSV, GeoJSON, Arrow.
 */
import type { PointTable, PolylineTable } from "cloudcrop";
import { byId, saveFile } from "./dom.js";
import { writeGeoJson } from "./geojson.js";
import { columnsOf, writeCsv } from "./rows.js";
import type { Scene } from "./scene.js";
import type { Result, Store } from "./state.js";

interface FileFormat {
  readonly suffix: string;
  readonly type: string;
  /** Why a result cannot be such a file; `undefined` where it can. */
  refuses?(result: Result): string | undefined;
  write(result: Result, scene: Scene): BlobPart[] | Promise<BlobPart[]>;
}

/** By the id of the button. */
const formats: Readonly<Record<string, FileFormat>> = {
  "download-csv": {
    suffix: "csv",
    type: "text/csv;charset=utf-8",
    write: (result, scene) => writeCsv(columnsOf(result, scene)),
  },
  "download-geojson": {
    suffix: "geojson",
    type: "application/geo+json",
    refuses: ({ kind }) => (kind === "grid" ? "GeoJSON holds points and lines, no grids." : undefined),
    write: (result, { source }) => (result.kind === "grid" ? [] : writeGeoJson(result, source.info.crs)),
  },
  "download-arrow": {
    suffix: "arrow",
    type: "application/vnd.apache.arrow.file",
    refuses: (result) =>
      result.kind === "points" && result.edges !== undefined
        ? "Vertices and what connects them are more than one Arrow table."
        : undefined,
    write: writeArrow,
  },
};

export function bindDownloads(store: Store): void {
  for (const [id, format] of Object.entries(formats)) {
    const button = byId<HTMLButtonElement>(id);
    store.on(["result", "run", "scene"], ({ result, scene, run }) => {
      const reason = result && format.refuses?.(result);
      button.disabled =
        result === undefined || scene === undefined || run?.is === "running" || reason !== undefined;
      button.title = reason ?? "";
    });
    button.addEventListener("click", async () => {
      const { result, scene } = store.state;
      if (result === undefined || scene === undefined) return;
      try {
        const parts = await format.write(result, scene);
        saveFile(`${scene.name || "data"}.${format.suffix}`, format.type, parts);
      } catch (problem) {
        store.set({ problem });
      }
    });
  }
}

async function writeArrow(result: Result, { source, name }: Scene): Promise<BlobPart[]> {
  const [{ toArrow }, { tableToIPC }] = await Promise.all([
    import("cloudcrop/arrow"),
    import("apache-arrow"),
  ]);
  const table = result.kind === "grid" ? result.table : tableOf(result);
  return [tableToIPC(toArrow(table, { info: { ...source.info, name } }), "file") as Uint8Array<ArrayBuffer>];
}

/** Points as they are; lines as the library gave them, with what each of them carries apart from its vertices. */
function tableOf({
  table,
  paths,
  lines = {},
}: Extract<Result, { readonly kind: "points" }>): PointTable | PolylineTable {
  if (paths === undefined) return table;
  const { dims, positions } = table;
  const vertexFields = Object.fromEntries(Object.entries(table.fields).filter(([name]) => !(name in lines)));
  return {
    kind: "polylines",
    length: paths.length - 1,
    dims,
    positions,
    startIndices: paths,
    fields: lines,
    vertexFields,
  };
}
