/**
 * Plans a query of a sparse array: fragments and tiles whose box meets the query are read, the worker keeps the rows in it.
 *
 * @module
 */
import type { NumberInterval } from "../../core/bbox.js";
import { ReaderError } from "../../core/error.js";
import { mapAhead } from "../../core/lookahead.js";
import type {
  CodecSpec,
  ColumnRead,
  ComponentRef,
  FieldOutput,
  RowCondition,
  RowsPart,
} from "../../core/plan.js";
import type { Plan, PointQuery, QueryOptions } from "../../core/source.js";
import { type Box, isWithin, overlaps, type WantedBox } from "./box.js";
import type { ColumnTiles, Fragment } from "./fragment.js";
import { tileCodec } from "./pipeline.js";
import type { ArraySchema } from "./schema.js";
import { allFields, type Field, fieldInfo, resolveQuery, type SparseQuery } from "./sparse-query.js";

/** Fragments whose tables are read ahead of the engine. */
const fragmentsAhead = 16;

/**
 * Plans a query over fragments in order of time.
 *
 * @throws ReaderError `invalid-query`, `unsupported`
 */
export function planSparse(
  schema: ArraySchema,
  fragments: readonly Fragment[],
  query: PointQuery,
  options: QueryOptions,
): Plan {
  const resolved = resolveQuery(schema, query);
  const wanted: WantedBox = schema.dimensions.map((dimension) => resolved.intervals.get(dimension));
  const hit = fragments.filter(({ footer }) => overlaps(footer.nonEmptyDomain!, wanted));
  const planner = new SparsePlanner(schema, resolved, query, options);
  return {
    points: {
      dims: resolved.positions.length as 2 | 3,
      positionType: resolved.positions[0]!.type.dtype,
      fields: resolved.fields.map(fieldInfo),
    },
    rowsAtMost: hit.reduce((sum, fragment) => sum + cellsOf(fragment), 0),
    async *[Symbol.asyncIterator]() {
      for await (const parts of mapAhead(hit, fragmentsAhead, (fragment) => planner.plan(fragment, wanted))) {
        yield* parts;
      }
    },
  };
}

function cellsOf({ footer, schema }: Fragment): number {
  return Math.max(0, footer.tiles - 1) * schema.capacity + (footer.cellsInLastTile || schema.capacity);
}

/** Files and codec of one field in one fragment; without files where the fragment was written before the field was added. */
interface FieldTiles {
  readonly field: Field;
  readonly tiles?: ColumnTiles;
  readonly codecs: readonly CodecSpec[];
}

class SparsePlanner {
  readonly #schema: ArraySchema;
  readonly #query: SparseQuery;
  readonly #asked: PointQuery;
  readonly #options: QueryOptions;

  constructor(schema: ArraySchema, query: SparseQuery, asked: PointQuery, options: QueryOptions) {
    this.#schema = schema;
    this.#query = query;
    this.#asked = asked;
    this.#options = options;
  }

  /** One part per tile that may hold rows of the query. */
  async plan(fragment: Fragment, wanted: WantedBox): Promise<RowsPart[]> {
    const { signal } = this.#options;
    const read = signal === undefined ? {} : { signal };
    const boxes = await fragment.boxes(read);
    const hits = boxes.flatMap((box, tile) => (overlaps(box, wanted) ? [tile] : []));
    if (hits.length === 0) return [];
    const fields = this.#fieldsToRead(boxes, hits);
    const columns = await Promise.all(fields.map((field) => this.#locate(fragment, field)));
    return hits.map((tile) => this.#planTile(fragment, tile, boxes[tile]!, columns));
  }

  /** Fields that some tile needs: those of the result, and those with an interval that a tile's box leaves open. */
  #fieldsToRead(boxes: readonly Box[], hits: readonly number[]): Field[] {
    const { positions, fields, intervals } = this.#query;
    const output = new Set([...positions, ...fields]);
    return allFields(this.#schema).filter(
      (field) =>
        output.has(field) || (intervals.has(field) && hits.some((tile) => this.#isOpen(field, boxes[tile]!))),
    );
  }

  /** Whether rows of a tile have to be tested against a field's interval. */
  #isOpen(field: Field, box: Box): boolean {
    const interval = this.#query.intervals.get(field);
    if (interval === undefined) return false;
    const axis = this.#schema.dimensions.indexOf(field as ArraySchema["dimensions"][number]);
    const bounds = box[axis];
    return bounds === undefined || !isWithin(bounds, interval);
  }

  async #locate(fragment: Fragment, field: Field): Promise<FieldTiles> {
    const column = columnOf(fragment, field.name);
    if (column === undefined) return { field, codecs: [] };
    const { signal } = this.#options;
    const stored = storedField(fragment, field.name)!;
    const { version } = fragment.footer;
    const { typeId: type, valuesPerCell, filters } = stored;
    const codecs = [tileCodec({ version, type, valuesPerCell, filters })];
    return { field, tiles: await fragment.tiles(column, signal === undefined ? {} : { signal }), codecs };
  }

  #planTile(fragment: Fragment, tile: number, box: Box, all: readonly FieldTiles[]): RowsPart {
    const { positions, fields, intervals } = this.#query;
    const output = new Set([...positions, ...fields]);
    const used = all.filter(({ field }) => output.has(field) || this.#isOpen(field, box));
    // The first column tells the number of rows, so it has to be one that is stored.
    const columns = used.toSorted((a, b) => Number(a.tiles === undefined) - Number(b.tiles === undefined));
    const at = (field: Field): ComponentRef => ({
      column: columns.findIndex((column) => column.field === field),
      component: 0,
    });
    const conditions: RowCondition[] = columns.flatMap(({ field }) => {
      const interval: NumberInterval | undefined = this.#isOpen(field, box)
        ? intervals.get(field)
        : undefined;
      return interval === undefined ? [] : [{ ...at(field), min: interval[0], max: interval[1] }];
    });
    const { polygon } = this.#asked;
    const outputs: FieldOutput[] = fields.map((field) => ({ name: field.name, column: at(field).column }));
    return {
      kind: "rows",
      label: `${fragment.name.name} tile ${tile}`,
      columns: columns.map((column) => columnRead(column, tile)),
      conditions,
      ...(polygon === undefined
        ? {}
        : { polygon: { rings: polygon, x: at(positions[0]!), y: at(positions[1]!) } }),
      positions: positions.map(at),
      fields: outputs,
      rowsAtMost: fragment.cellsOf(tile),
    };
  }
}

function columnRead({ field, tiles, codecs }: FieldTiles, tile: number): ColumnRead {
  const { name, type, valuesPerCell } = field;
  const column = { name, dtype: type.dtype, width: valuesPerCell };
  if (tiles === undefined) {
    const { fill } = field as { fill?: Uint8Array };
    if (fill !== undefined) return { ...column, codecs: [], fill };
    throw new ReaderError("unsupported", `Field ${name} is not stored in a fragment and has no fill value.`);
  }
  const offset = tiles.offsets[tile];
  const end = tiles.offsets[tile + 1];
  if (offset === undefined || end === undefined) {
    throw new ReaderError("corrupt", `${tiles.key}: there is no offset of tile ${tile}.`, {
      detail: { key: tiles.key },
    });
  }
  return {
    ...column,
    codecs,
    required: true,
    read: { key: tiles.key, range: { offset, length: end - offset } },
  };
}

/** Number of a field's column in a fragment's tables; `undefined` where the fragment does not have it. */
function columnOf({ schema }: Fragment, name: string): number | undefined {
  const attribute = schema.attributes.findIndex((field) => field.name === name);
  if (attribute >= 0) return attribute;
  const dimension = schema.dimensions.findIndex((field) => field.name === name);
  return dimension < 0 ? undefined : schema.attributes.length + 1 + dimension;
}

function storedField({ schema }: Fragment, name: string): Field | undefined {
  return allFields(schema).find((field) => field.name === name);
}
