/**
 * A grid as the engine is given it: what there is, and how questions become plans, at any of its levels.
 *
 * @module
 */
import type { TypedArray } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { GridQuery, GridReadOptions, Plan, SourceInfo } from "../../core/source.js";
import type { Axis } from "../../core/table.js";
import type { GridDefinition } from "../../engine/create-source.js";
import type { Engine } from "../../engine/engine.js";
import { axisOf } from "../../engine/labels/axis.js";
import type { PlanOptions } from "../../engine/planner.js";
import { type AxisPick, resolveSelection } from "../../engine/selection.js";
import type { Coordinates, Dimension } from "./coordinates.js";
import type { Demands } from "./grid-query.js";
import type { Placement } from "./placement.js";
import { type GridPlanOptions, planRuns, type StoredArray } from "./plan.js";

/** One resolution of a grid. */
export interface GridLevel {
  readonly array: StoredArray;
  readonly placement: Placement;
}

/** What the levels of one hierarchy share. */
export interface GridContext {
  readonly coordinates: Coordinates;
  readonly engine: Engine;
}

/**
 * Defines a grid over its levels, the finest first.
 *
 * @param info names the grid; its levels are numbered as these are
 */
export function defineGrid(
  info: SourceInfo,
  levels: readonly GridLevel[],
  context: GridContext,
): GridDefinition {
  const { name } = info;
  const at = (level = 0): LevelReader => {
    const found = levels[level];
    if (found !== undefined) return new LevelReader(found, level, context);
    const known = levels.length === 1 ? "level 0 only" : `the levels 0 to ${levels.length - 1}`;
    throw new ReaderError("invalid-query", `"${name}" has no level ${level}; it has ${known}.`);
  };
  return {
    info,
    plan: async (query, options = {}) => at(query.level as number | undefined).plan(query, name, options),
    planSelection: async (selection, options = {}) => at(options.level).planSelection(selection, options),
    axes: async ({ signal, level } = {}) => at(level).axes(signal),
  };
}

class LevelReader {
  readonly #array: StoredArray;
  readonly #placement: Placement;
  readonly #level: number;
  readonly #context: GridContext;

  constructor({ array, placement }: GridLevel, level: number, context: GridContext) {
    this.#array = array;
    this.#placement = placement;
    this.#level = level;
    this.#context = context;
  }

  async plan(query: GridQuery, name: string, { signal, bodies }: PlanOptions): Promise<Plan> {
    const [{ demandsOf }, { noteOnEmpty, pickCells }] = await Promise.all([
      import("./grid-query.js"),
      import("../../engine/labels/pick-cells.js"),
    ]);
    const { dimensions } = this.#placement;
    const demands = demandsOf(query, this.#placement, name);
    const labels = await Promise.all(
      dimensions.map((dimension, axis) => {
        const { box, interval } = demands.dimensions[axis]!;
        const isNeeded = box !== undefined || interval !== undefined;
        return isNeeded
          ? this.#context.coordinates.labels(dimension, signal)
          : this.#labelsOrIndices(dimension, signal);
      }),
    );
    const own = await Promise.all(
      dimensions.map((dimension, axis) => pickCells(dimension, demands.dimensions[axis]!, labels[axis])),
    );
    const { picks, ...planes } = await this.#narrow(own, demands, signal);
    const notes = dimensions.flatMap((dimension, axis) =>
      own[axis]!.runs.length === 0 ? [noteOnEmpty(dimension, labels[axis])] : [],
    );
    const axes = dimensions.map((dimension, axis) => axisOf(dimension, labels[axis], picks[axis]!));
    return this.#planRuns(picks, query.decode, { axes, notes, bodies, ...planes }, signal);
  }

  async planSelection(
    selection: Parameters<GridDefinition["planSelection"]>[0],
    { signal, decode, bodies }: GridReadOptions & PlanOptions,
  ): Promise<Plan> {
    const { dimensions } = this.#placement;
    const shape = dimensions.map((dimension) => dimension.length);
    const names = dimensions.map((dimension) => dimension.name);
    const { runs, dropped } = resolveSelection(selection, shape, names);
    const picks = runs.map((axis) => ({ runs: axis }));
    const axes = await Promise.all(
      dimensions.map(async (dimension, axis) => {
        const labels = dropped.includes(axis) ? undefined : await this.#labelsOrIndices(dimension, signal);
        return axisOf(dimension, labels, picks[axis]!);
      }),
    );
    return this.#planRuns(picks, decode, { axes, dropped, bodies }, signal);
  }

  axes(signal?: AbortSignal): Promise<readonly Axis[]> {
    return Promise.all(
      this.#placement.dimensions.map(async (dimension) => {
        const all = { runs: [{ start: 0, count: dimension.length, step: 1, offset: 0 }] };
        return axisOf(dimension, await this.#labelsOrIndices(dimension, signal), all);
      }),
    );
  }

  async #narrow(
    picks: readonly AxisPick[],
    demands: Demands,
    signal: AbortSignal | undefined,
  ): Promise<{ picks: readonly AxisPick[] } & Pick<GridPlanOptions, "mask" | "coordinates">> {
    if (demands.auxiliaries.size === 0) return { picks };
    const [{ narrowPicks }, { boundsOf }] = await Promise.all([
      import("./auxiliary-query.js"),
      import("../../engine/labels/pick-cells.js"),
    ]);
    const asked = await Promise.all(
      [...demands.auxiliaries].map(async ([auxiliary, demand]) => {
        const labels = await this.#context.coordinates.auxiliaryLabels(auxiliary, signal);
        return { auxiliary, labels, bounds: await boundsOf(demand, auxiliary, labels) };
      }),
    );
    return narrowPicks(picks, asked);
  }

  async #planRuns(
    picks: readonly AxisPick[],
    decode: GridQuery["decode"],
    options: Omit<GridPlanOptions, "level">,
    signal: AbortSignal | undefined,
  ): Promise<Plan> {
    const unpack = decode === undefined ? undefined : await this.#unpacking(decode);
    return planRuns(
      this.#array,
      picks.map((pick) => pick.runs),
      {
        ...options,
        level: this.#level,
        ...(unpack === undefined ? {} : { unpack }),
        ...(signal === undefined ? {} : { signal }),
      },
    );
  }

  async #unpacking(decode: string): Promise<GridPlanOptions["unpack"]> {
    if (decode !== "cf") {
      throw new ReaderError("invalid-query", `decode should be "cf", found ${JSON.stringify(decode)}.`);
    }
    const { unpackFill, zarrUnpacking } = await import("./packing.js");
    const { metadata, name } = this.#array;
    const rule = zarrUnpacking(metadata, name);
    return rule && { rule, fill: unpackFill(metadata.fill, rule) };
  }

  /** Labels where a query does not depend on them: coordinates that cannot be used leave the indices. */
  async #labelsOrIndices(dimension: Dimension, signal?: AbortSignal): Promise<TypedArray | undefined> {
    const { coordinates, engine } = this.#context;
    if (dimension.failure === undefined) return coordinates.labels(dimension, signal);
    engine.report(
      "unlabelled-axis",
      `The axis "${dimension.name}" carries indices instead of labels. ${dimension.failure.message}`,
    );
    return undefined;
  }
}
