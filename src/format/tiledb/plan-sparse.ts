/**
 * Plans a query of a sparse array: fragments and tiles whose box meets the query are read, the worker keeps the rows in it.
 *
 * @module
 */
import type { NumberInterval } from "../../core/bbox.js";
import { loadPart } from "../../core/load-part.js";
import { mapAhead } from "../../core/lookahead.js";
import type { ColumnRead, ComponentRef, FieldOutput, RowCondition, RowsPart } from "../../core/plan.js";
import { type Settling, settlingFields } from "../../core/settling.js";
import type { FieldInfo, Plan, PointQuery, QueryOptions } from "../../core/source.js";
import type { ReadOptions } from "../../store/types.js";
import { type Box, isWithin, overlaps, type WantedBox } from "./box.js";
import { type FieldTiles, fillColumn, locateField, locateInternal, readTile } from "./field-tiles.js";
import type { Fragment } from "./fragment.js";
import { type ArraySchema, allFields, type Field } from "./schema.js";
import { fieldInfo, type SparseQuery } from "./sparse-query.js";

/** Fragments whose tables are read ahead of the engine. */
const fragmentsAhead = 16;

/** Statistics of tiles cost a request, so they are asked when they may save as many tiles. */
const fewTiles = 4;

/** What is to be planned. */
export interface SparsePlan {
  readonly schema: ArraySchema;
  /** Those that may have cells in the box, in order of time. */
  readonly fragments: readonly Fragment[];
  readonly query: SparseQuery;
  readonly polygon: PointQuery["polygon"];
  /** Rows then tell where and when they were written, and conditions on attributes are left to those who settle them. */
  readonly settling?: Settling;
  readonly categories: ReadonlyMap<string, readonly string[]>;
}

/** The fragments that may have cells in the box of a query. */
export function fragmentsInBox(
  fragments: readonly Fragment[],
  schema: ArraySchema,
  query: SparseQuery,
): readonly Fragment[] {
  const wanted = wantedBox(schema, query);
  return fragments.filter(({ footer }) => overlaps(footer.nonEmptyDomain!, wanted));
}

function wantedBox({ dimensions }: ArraySchema, { intervals }: SparseQuery): WantedBox {
  return dimensions.map((dimension) => intervals.get(dimension));
}

/** Plans a query over fragments. */
export function planSparse(plan: SparsePlan, options: QueryOptions): Plan {
  const { schema, fragments, query, settling } = plan;
  const planner = new SparsePlanner(plan, wantedBox(schema, query), options);
  const hidden = settling === undefined ? [] : Object.values(settlingFields);
  return {
    points: {
      dims: query.positions.length as 2 | 3,
      positionType: query.positions[0]!.type.dtype,
      fields: [...query.fields.map((field) => fieldInfo(field, plan.categories.get(field.name))), ...hidden],
      ...(settling === undefined ? {} : { settling }),
    },
    rowsAtMost: fragments.reduce((sum, fragment) => sum + fragment.cells, 0),
    async *[Symbol.asyncIterator]() {
      for await (const parts of mapAhead(fragments, fragmentsAhead, (fragment) => planner.plan(fragment))) {
        yield* parts;
      }
    },
  };
}

class SparsePlanner {
  readonly #plan: SparsePlan;
  readonly #wanted: WantedBox;
  readonly #options: ReadOptions;

  constructor(plan: SparsePlan, wanted: WantedBox, { signal }: QueryOptions) {
    this.#plan = plan;
    this.#wanted = wanted;
    this.#options = signal === undefined ? {} : { signal };
  }

  /** One part per tile that may hold rows of the query. */
  async plan(fragment: Fragment): Promise<RowsPart[]> {
    const boxes = await fragment.boxes(this.#options);
    const inBox = boxes.flatMap((box, tile) => (overlaps(box, this.#wanted) ? [tile] : []));
    const hits = await this.#withValues(fragment, inBox);
    if (hits.length === 0) return [];
    const fields = this.#fieldsToRead(boxes, hits);
    const [columns, hidden] = await Promise.all([
      Promise.all(fields.map((field) => locateField(fragment, field, this.#options))),
      this.#plan.settling === undefined ? [] : this.#hidden(fragment),
    ]);
    return hits.map((tile) => this.#planTile(fragment, tile, boxes[tile]!, columns, hidden));
  }

  /** Tiles without those that say of an attribute that no value is in its range. */
  async #withValues(fragment: Fragment, tiles: readonly number[]): Promise<readonly number[]> {
    const { attributes } = this.#plan.schema;
    const { intervals } = this.#plan.query;
    const asked = attributes.flatMap((attribute) => {
      const interval = intervals.get(attribute);
      return interval === undefined ? [] : [{ name: attribute.name, interval }];
    });
    // A cell that was overwritten must not come back because its successor is in no range: such rows are settled first.
    if (asked.length === 0 || tiles.length < fewTiles || this.#plan.settling !== undefined) return tiles;
    const { tilesInRange } = await loadPart(import("./tile-statistics.js"));
    return tilesInRange(fragment, tiles, asked, this.#options);
  }

  /** Fields that some tile needs: those of the result, and those with an interval that a tile's box leaves open. */
  #fieldsToRead(boxes: readonly Box[], hits: readonly number[]): Field[] {
    const { positions, fields, intervals } = this.#plan.query;
    const output = new Set([...positions, ...fields]);
    const needed = allFields(this.#plan.schema).filter(
      (field) =>
        output.has(field) || (intervals.has(field) && hits.some((tile) => this.#isOpen(field, boxes[tile]!))),
    );
    // The first column tells the number of rows, so it has to be one that every fragment has: a dimension.
    const { dimensions } = this.#plan.schema;
    return needed.some((field) => dimensions.includes(field as (typeof dimensions)[number]))
      ? needed
      : [dimensions[0]!, ...needed];
  }

  /** Whether rows of a tile have to be tested against a field's interval. */
  #isOpen(field: Field, box: Box): boolean {
    const interval = this.#plan.query.intervals.get(field);
    if (interval === undefined) return false;
    const { dimensions } = this.#plan.schema;
    const bounds = box[dimensions.indexOf(field as (typeof dimensions)[number])];
    if (bounds === undefined) return this.#plan.settling === undefined;
    return !isWithin(bounds, interval);
  }

  /** Columns of a tile that tell when its cells were written and deleted. */
  async #hidden(fragment: Fragment): Promise<((tile: number) => ColumnRead)[]> {
    const { footer, name, schema } = fragment;
    const number = this.#plan.fragments.indexOf(fragment);
    const first = schema.attributes.length + 1 + schema.dimensions.length;
    const constant =
      ({ name: label, dtype }: FieldInfo, fill: Uint8Array) =>
      (): ColumnRead => ({ name: label, dtype, width: 1, codecs: [], fill });
    const stored = async (
      { name: label }: FieldInfo,
      column: number,
    ): Promise<(tile: number) => ColumnRead> => {
      const tiles = await locateInternal(fragment, label, column, this.#options);
      return (tile) => readTile(tiles, tile);
    };
    const { written, deleted, fragment: order } = settlingFields;
    return Promise.all([
      footer.hasTimestamps ? stored(written, first) : constant(written, bytes64(BigInt(name.start))),
      constant(order, new Uint8Array(Uint32Array.of(number).buffer)),
      footer.hasDeletes
        ? stored(deleted, first + (footer.hasTimestamps ? 1 : 0))
        : constant(deleted, bytes64(2n ** 64n - 1n)),
    ]);
  }

  #planTile(
    fragment: Fragment,
    tile: number,
    box: Box,
    all: readonly FieldTiles[],
    hidden: readonly ((tile: number) => ColumnRead)[],
  ): RowsPart {
    const { query, polygon } = this.#plan;
    const { positions, fields, intervals } = query;
    const output = new Set([...positions, ...fields]);
    const used = all.filter(
      ({ field }, index) => index === 0 || output.has(field) || this.#isOpen(field, box),
    );
    const columns = new TileColumns(used, tile);
    const at = (field: Field): ComponentRef => columns.at(field);
    const conditions = used.flatMap(({ field }): RowCondition[] => {
      const interval = this.#isOpen(field, box) ? intervals.get(field) : undefined;
      return interval === undefined ? [] : columns.conditions(field, interval);
    });
    const outputs: FieldOutput[] = fields.map((field) => columns.output(field));
    const hiddenOutputs = hidden.map((read): FieldOutput => columns.add(read(tile)));
    return {
      kind: "rows",
      label: `${fragment.name.name} tile ${tile}`,
      columns: columns.all(),
      conditions,
      ...(polygon === undefined
        ? {}
        : { polygon: { rings: polygon, x: at(positions[0]!), y: at(positions[1]!) } }),
      positions: positions.map(at),
      fields: [...outputs, ...hiddenOutputs].map((field) => columns.finish(field)),
      rowsAtMost: fragment.cellsOf(tile),
    };
  }
}

/** The columns of one tile: those of rows, a stored one first, then text. */
class TileColumns {
  readonly #rows: ColumnRead[] = [];
  readonly #texts: ColumnRead[] = [];
  readonly #outputs = new Map<Field, Omit<FieldOutput, "name">>();

  constructor(fields: readonly FieldTiles[], tile: number) {
    const storedFirst = fields.toSorted(
      (a, b) => Number(a.cells === undefined) - Number(b.cells === undefined),
    );
    for (const { field, cells, text, validity } of storedFirst) {
      const column = this.#rows.push(cells === undefined ? fillColumn(field) : readTile(cells, tile)) - 1;
      this.#outputs.set(field, {
        column,
        ...(validity === undefined ? {} : { validity: this.#rows.push(readTile(validity, tile)) - 1 }),
        ...(text === undefined
          ? {}
          : { text: this.#texts.push({ ...readTile(text, tile), isText: true }) - 1 }),
      });
    }
  }

  at(field: Field): ComponentRef {
    return { column: this.#outputs.get(field)!.column, component: 0 };
  }

  /** The condition of an interval; a null is in none. */
  conditions(field: Field, [min, max]: NumberInterval): RowCondition[] {
    const { validity } = this.#outputs.get(field)!;
    const isThere = validity === undefined ? [] : [{ column: validity, component: 0, min: 1, max: 255 }];
    return [...isThere, { ...this.at(field), min, max }];
  }

  output(field: Field): FieldOutput {
    return { name: field.name, ...this.#outputs.get(field)! };
  }

  add(column: ColumnRead): FieldOutput {
    return { name: column.name, column: this.#rows.push(column) - 1 };
  }

  /** Text comes behind all rows, whose number is known now. */
  finish({ text, ...field }: FieldOutput): FieldOutput {
    return text === undefined ? field : { ...field, text: this.#rows.length + text };
  }

  all(): ColumnRead[] {
    return [...this.#rows, ...this.#texts];
  }
}

function bytes64(value: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(value).buffer);
}
