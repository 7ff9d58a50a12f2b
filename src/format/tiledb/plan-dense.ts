/**
 * Plans a read of a dense array: for each tile the newest fragment that covers each cell (format_spec, "dense fragments").
 *
 * @module
 */
import type { DataType } from "../../core/dtype.js";
import type { BlockPart, CropAxis, ReadPart } from "../../core/plan.js";
import type { GridTarget, Plan, QueryOptions } from "../../core/source.js";
import type { Axis } from "../../core/table.js";
import { type AxisPiece, cutRuns, product } from "../../engine/chunk-grid.js";
import { countRuns, type Run } from "../../engine/selection.js";
import type { DenseAxis } from "./dense-grid.js";
import { type FieldTiles, locateField, readTile } from "./field-tiles.js";
import type { Fragment } from "./fragment.js";
import { type ArraySchema, type Attribute, variable } from "./schema.js";

/** What is to be read. */
export interface DensePlan {
  readonly schema: ArraySchema;
  readonly axes: readonly DenseAxis[];
  readonly attribute: Attribute;
  /** In order of time: of fragments that cover a cell the last one counts. */
  readonly fragments: readonly Fragment[];
  /** Cells along each axis. */
  readonly runs: readonly (readonly Run[])[];
  /** One value in native bytes. */
  readonly fill: Uint8Array;
  readonly labels: readonly Axis[];
  readonly dropped: readonly number[];
  readonly dtype: DataType;
  readonly categories: readonly string[] | undefined;
  /** Makes the part that brings a box of a tile; absent: one block of numbers. */
  readonly makePart?: (box: TileBox) => ReadPart;
}

/** Cells of one tile of one fragment that a read takes. */
export interface TileBox {
  readonly label: string;
  readonly tiles: FieldTiles;
  /** Number of the tile in its fragment. */
  readonly tile: number;
  /** Of the tile, values of one cell as its last axis where there are several. */
  readonly shape: readonly number[];
  readonly isColumnMajor: boolean;
  readonly crop: readonly CropAxis[];
  /** In the result. */
  readonly offset: readonly number[];
}

/** Steps `from` up to `to` of what a part takes along an axis. */
interface Steps {
  readonly from: number;
  readonly to: number;
}

/** Where a fragment has cells: whole tiles, of which those in its domain count. */
interface Cover {
  readonly fragment: Fragment;
  readonly tiles: FieldTiles;
  /** First and last cell along each axis. */
  readonly cells: readonly (readonly [number, number])[];
  /** First tile, and tiles, along each axis. */
  readonly firstTile: readonly number[];
  readonly tileCounts: readonly number[];
}

/** Plans the parts of a read. */
export function planDense(plan: DensePlan, { signal }: QueryOptions): Plan & { readonly grid: GridTarget } {
  const { axes, attribute, runs, labels, dropped, fill } = plan;
  const { valuesPerCell } = attribute;
  const isWide = hasManyValues(attribute);
  const values: Axis = {
    name: "value",
    values: Int32Array.from({ length: isWide ? valuesPerCell : 0 }, (_, i) => i),
    labelled: false,
  };
  return {
    level: 0,
    grid: {
      dtype: plan.dtype,
      shape: [...runs.map(countRuns), ...(isWide ? [valuesPerCell] : [])],
      fill,
      axes: isWide ? [...labels, values] : labels,
      dropped,
      ...(plan.categories === undefined ? {} : { categories: plan.categories }),
    },
    async *[Symbol.asyncIterator]() {
      const read = signal === undefined ? {} : { signal };
      const newestFirst = plan.fragments.toReversed();
      const covers = await Promise.all(
        newestFirst.map(async (fragment) =>
          coverOf(fragment, axes, await locateField(fragment, attribute, read)),
        ),
      );
      const pieces = runs.map((axis, index) => cutRuns(axis, axes[index]!.extent));
      for (const tile of product(pieces)) {
        signal?.throwIfAborted();
        yield* partsOf(tile, covers, plan);
      }
    },
  };
}

/** Whether the values of a cell are an axis of their own. */
export function hasManyValues({ valuesPerCell }: Attribute): boolean {
  return valuesPerCell > 1 && valuesPerCell !== variable;
}

function coverOf(fragment: Fragment, axes: readonly DenseAxis[], tiles: FieldTiles): Cover {
  const cells = fragment.footer.nonEmptyDomain!.map(([min, max], axis) => {
    const { low } = axes[axis]!;
    return [Number(BigInt(min) - low), Number(BigInt(max) - low)] as const;
  });
  const firstTile = cells.map(([first], axis) => Math.floor(first / axes[axis]!.extent));
  const tileCounts = cells.map(
    ([, last], axis) => Math.floor(last / axes[axis]!.extent) - firstTile[axis]! + 1,
  );
  return { fragment, tiles, cells, firstTile, tileCounts };
}

/** The parts of one tile: each cell from the newest fragment that has it. */
function* partsOf(
  tile: readonly AxisPiece[],
  covers: readonly Cover[],
  plan: DensePlan,
): Generator<ReadPart> {
  let left: (readonly Steps[])[] = [tile.map(({ count }) => ({ from: 0, to: count }))];
  for (const cover of covers) {
    const covered = tile.map((piece, axis) => stepsIn(piece, cover.cells[axis]!, plan.axes[axis]!));
    if (covered.some(({ from, to }) => from >= to)) continue;
    const rest: (readonly Steps[])[] = [];
    for (const box of left) {
      const common = box.map(({ from, to }, axis) => ({
        from: Math.max(from, covered[axis]!.from),
        to: Math.min(to, covered[axis]!.to),
      }));
      if (common.some(({ from, to }) => from >= to)) {
        rest.push(box);
        continue;
      }
      if (cover.tiles.cells !== undefined) yield partOf(tile, common, cover, plan);
      rest.push(...subtract(box, common));
    }
    left = rest;
    if (left.length === 0) return;
  }
}

/** Steps of a piece that lie among cells from first to last. */
function stepsIn(
  { chunk, start, count, step }: AxisPiece,
  [first, last]: readonly [number, number],
  { extent }: DenseAxis,
): Steps {
  const begin = chunk * extent + start;
  const [near, far] = step > 0 ? [first, last] : [last, first];
  const from = Math.max(0, Math.ceil((near - begin) / step));
  const to = Math.min(count, Math.floor((far - begin) / step) + 1);
  return { from, to };
}

/** A box without a box inside it, as boxes. */
function subtract(box: readonly Steps[], inner: readonly Steps[]): (readonly Steps[])[] {
  const rest: (readonly Steps[])[] = [];
  let core = box;
  box.forEach(({ from, to }, axis) => {
    const { from: innerFrom, to: innerTo } = inner[axis]!;
    const cut = (steps: Steps): readonly Steps[] => core.with(axis, steps);
    if (from < innerFrom) rest.push(cut({ from, to: innerFrom }));
    if (innerTo < to) rest.push(cut({ from: innerTo, to }));
    core = cut({ from: innerFrom, to: innerTo });
  });
  return rest;
}

function partOf(tile: readonly AxisPiece[], box: readonly Steps[], cover: Cover, plan: DensePlan): ReadPart {
  const { attribute, axes, schema, fill, makePart } = plan;
  const { valuesPerCell } = attribute;
  const isWide = hasManyValues(attribute);
  const number = tileNumber(tile, cover, schema.tileOrder === "col-major");
  const extents = axes.map(({ extent }) => extent);
  const whole: CropAxis[] = isWide ? [{ start: 0, count: valuesPerCell, step: 1 }] : [];
  const found: TileBox = {
    label: `${cover.fragment.name.name} tile ${number}`,
    tiles: cover.tiles,
    tile: number,
    shape: isWide ? [...extents, valuesPerCell] : extents,
    isColumnMajor: cover.fragment.schema.cellOrder === "col-major",
    crop: [
      ...tile.map(({ start, step }, axis) => {
        const { from, to } = box[axis]!;
        return { start: start + from * step, count: to - from, step };
      }),
      ...whole,
    ],
    offset: [...tile.map(({ offset }, axis) => offset + box[axis]!.from), ...(isWide ? [0] : [])],
  };
  return makePart === undefined ? blockOf(found, extents.length, fill) : makePart(found);
}

function blockOf(
  { label, tiles, tile, shape, isColumnMajor, crop, offset }: TileBox,
  axes: number,
  fill: Uint8Array,
): BlockPart {
  const column = readTile(tiles.cells!, tile, false);
  // Cells in column-major order are an array of the reversed shape.
  const order = [...shape.keys()].map((axis) => (axis < axes ? axes - 1 - axis : axis));
  const codecs = isColumnMajor
    ? [{ name: "transpose", configuration: { order } }, ...column.codecs]
    : column.codecs;
  return { kind: "block", label, column: { ...column, codecs, shape, fill }, crop, offset };
}

/** A fragment stores the rectangle of tiles that its domain touches, in tile order. */
function tileNumber(
  tile: readonly AxisPiece[],
  { firstTile, tileCounts }: Cover,
  isColumns: boolean,
): number {
  const axes = [...tile.keys()];
  if (isColumns) axes.reverse();
  return axes.reduce((number, axis) => number * tileCounts[axis]! + tile[axis]!.chunk - firstTile[axis]!, 0);
}
