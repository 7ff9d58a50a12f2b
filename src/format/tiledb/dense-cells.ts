/**
 * Dense attributes whose cells are more than numbers, text of any length or values that may be null: tiles are read as rows,
 * and their cells placed in the grid here.
 *
 * @module
 */
import { cropValues } from "../../bytes/block.js";
import type { Values } from "../../bytes/ragged.js";
import { raceAbort } from "../../core/abort.js";
import { ReaderError } from "../../core/error.js";
import type { ColumnRead, CropAxis, ReadPart, RowsPart } from "../../core/plan.js";
import type { GridOptions, GridQuery, GridSource, GridTarget, Plan } from "../../core/source.js";
import type { GridTable } from "../../core/table.js";
import { dataOf, gridTable } from "../../engine/collect.js";
import type { GridDefinition } from "../../engine/create-source.js";
import type { Engine } from "../../engine/engine.js";
import type { DecodedPart } from "../../engine/execute.js";
import { openCollector } from "../../engine/grid-collector.js";
import { explainQuery, planWithin } from "../../engine/planner.js";
import { beginReading } from "../../engine/reading.js";
import { withTimelines } from "../../engine/with-timelines.js";
import { readTile } from "./field-tiles.js";
import type { TileBox } from "./plan-dense.js";

type Decoded = NonNullable<DecodedPart["result"]>;
type BlockResult = Extract<Decoded, { readonly kind: "block" }>;
type RowsResult = Extract<Decoded, { readonly kind: "rows" }>;

/** Cells of one part: where they are in their tile, and where they go. */
interface Placement {
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly crop: readonly CropAxis[];
  readonly offset: readonly number[];
}

/** Where the cells of parts go. Parts cross to workers, which need not know. */
const placements = new WeakMap<ReadPart, Placement>();

/** What tells the number of cells where nothing else is a number. */
const counter: ColumnRead = { name: "", dtype: "uint8", width: 1, codecs: [], fill: Uint8Array.of(0) };

/** The part that brings the cells of a box of a tile, all cells of the tile with them. */
export function makeCellsPart({ label, tiles, tile, isColumnMajor, shape, crop, offset }: TileBox): RowsPart {
  const { field, cells, text, validity } = tiles;
  const columns = [readTile(cells!, tile, false), counter];
  const flags = validity && columns.push(readTile(validity, tile, false)) - 1;
  const texts = text && columns.push({ ...readTile(text, tile, false), isText: true }) - 1;
  const output = {
    ...{ name: field.name, column: 0 },
    ...(flags === undefined ? {} : { validity: flags }),
    ...(texts === undefined ? {} : { text: texts }),
  };
  const positions = [{ column: 1, component: 0 }];
  const part: RowsPart = { kind: "rows", label, columns, conditions: [], positions, fields: [output] };
  placements.set(part, { shape, crop, offset, stride: strideOf(tiles, shape, isColumnMajor) });
  return part;
}

function strideOf({ cells }: TileBox["tiles"], shape: readonly number[], isColumnMajor: boolean): number[] {
  const values = cells!.width;
  const axes = values > 1 ? shape.slice(0, -1) : shape;
  const order = [...axes.keys()];
  const stride: number[] = [];
  let step = values;
  for (const axis of isColumnMajor ? order : order.toReversed()) {
    stride[axis] = step;
    step *= axes[axis]!;
  }
  return values > 1 ? [...stride, 1] : stride;
}

/** What such a grid needs beyond others: whether a cell that nobody wrote has a value; undefined where every cell has one. */
export interface CellGridDefinition extends GridDefinition {
  readonly fillIsValid: boolean | undefined;
}

/** A grid source over a definition whose plans are of `makeCellsPart`. */
export function createCellGrid(definition: CellGridDefinition, engine: Engine): GridSource {
  const { info, fillIsValid } = definition;
  const plan = planWithin("grid", definition, engine);
  const blank = Uint8Array.of(fillIsValid === false ? 0 : 1);

  async function collect(planning: Promise<Plan>, options: GridOptions): Promise<GridTable> {
    const reading = beginReading(options, engine);
    const planned = await planning;
    reading.planned();
    const target = planned.grid!;
    const values = await openCollector(target, {}, options.into);
    const flags =
      fillIsValid === undefined ? undefined : await openCollector(flagsTarget(target, info.dimensions), {});
    try {
      for await (const { part, result } of reading.read(planned, planned.partsTotal)) {
        const cut = cutCells(part, result as RowsResult);
        await reading.collecting(() => values.add(cut.place, cut.values));
        await reading.collecting(() => flags?.add(cut.flags.place, cut.flags.block));
      }
      reading.finish();
      const [table, found] = await raceAbort(Promise.all([values.finish(), flags?.finish()]), reading.signal);
      return withFlags(table, found?.data as Uint8Array | undefined);
    } catch (thrown) {
      await Promise.all([values.discard(), flags?.discard()]);
      throw thrown;
    }
  }

  /** The grid of the flags: one for each cell, however many values it has. */
  function flagsTarget(target: GridTarget, dimensions: readonly string[]): GridTarget {
    const { shape, axes, dropped } = target;
    const cells =
      dimensions.at(-1) === "value" && axes.at(-1)?.labelled === false ? shape.length - 1 : shape.length;
    return { dtype: "uint8", fill: blank, dropped, shape: shape.slice(0, cells), axes: axes.slice(0, cells) };
  }

  const source: GridSource = {
    kind: "grid",
    info,
    plan,
    explain: (query = {}, options = {}) => explainQuery(plan, query, options, engine, info),
    axes: (options) => definition.axes(options),
    query: (query = {}, options = {}) => collect(plan(query, options), options),
    read: (selection = [], options = {}) => collect(definition.planSelection(selection, options), options),
    // Text and flags lie in no buffer of the pool.
    release: () => {},
    async *stream(query: GridQuery = {}, options = {}) {
      const reading = beginReading(options, engine);
      const planned = await plan(query, options);
      reading.planned();
      const target = planned.grid!;
      for await (const { part, result } of reading.read(planned, planned.partsTotal)) {
        const { place, values, flags } = cutCells(part, result as RowsResult);
        const axes = target.axes.map((axis, index) => {
          const from = place.offset[index]!;
          return { ...axis, values: axis.values.slice(from, from + values.shape[index]!) };
        });
        const table = gridTable(target, dataOf(values, target.dtype, place.offset), values.shape, axes);
        const cells = fillIsValid === undefined ? undefined : (flags.block.data as Uint8Array);
        yield { ...withFlags(table, cells), offset: place.offset };
      }
      reading.finish();
    },
  };
  return withTimelines(source, engine);
}

function withFlags(table: GridTable, validity: Uint8Array | undefined): GridTable {
  return validity?.includes(0) ? { ...table, validity } : table;
}

interface CutCells {
  readonly place: Placement;
  readonly values: BlockResult;
  readonly flags: { readonly place: Placement; readonly block: BlockResult };
}

/** The wanted cells of a tile, out of all of them. */
function cutCells(part: ReadPart, { rows, fields }: RowsResult): CutCells {
  const place = placements.get(part)!;
  const { values, width, validity } = fields[0]!;
  const isWide = width > 1;
  const cells = isWide ? place.shape.slice(0, -1) : place.shape;
  const expected = cells.reduce((product, extent) => product * extent, 1);
  if (rows !== expected) {
    throw new ReaderError("corrupt", `${part.label}: the tile holds ${rows} cells instead of ${expected}.`);
  }
  const one = {
    shape: cells,
    crop: place.crop.slice(0, cells.length),
    offset: place.offset.slice(0, cells.length),
    stride: place.stride.slice(0, cells.length).map((step) => step / width),
  };
  const flags = validity ?? new Uint8Array(rows).fill(1);
  return { place, values: cut(values, place), flags: { place: one, block: cut(flags, one) } };
}

function cut(values: Values, { shape, stride, crop }: Placement): BlockResult {
  return {
    kind: "block",
    data: cropValues({ values, shape, stride, lanes: 1 }, crop),
    shape: crop.map(({ count }) => count),
  };
}
