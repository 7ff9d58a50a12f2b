/**
 * What only some tasks need, loaded by the first that does.
 *
 * @module
 */
import { loadCodecs } from "../codec/on-demand.js";
import type { BlockTarget } from "./grid-data.js";
import type { DecodeTask } from "./protocol.js";
import type { RowsExtras } from "./run-rows.js";

/** What few tasks need. */
export interface TaskExtras extends RowsExtras {
  /** The grid of a name, to which blocks are written at once. */
  readonly gridOf?: (id: number) => BlockTarget | undefined;
  readonly rows?: typeof import("./run-rows.js");
}

/** Loads what these tasks need beyond the usual, which is most often nothing. */
export async function loadExtras(tasks: readonly DecodeTask[]): Promise<TaskExtras> {
  const rows = tasks.filter((task) => task.kind === "rows");
  const hasPolygon = rows.some(({ polygon }) => polygon !== undefined);
  const columns = tasks.flatMap((task) => (task.kind === "rows" ? task.columns : [task.column]));
  const registry = await loadCodecs(columns.map(({ codecs }) => codecs));
  return {
    registry,
    ...(rows.length > 0 ? { rows: await import("./run-rows.js") } : {}),
    ...(hasPolygon ? { polygon: await import("../kernel/polygon.js") } : {}),
  };
}
