/**
 * Delete conditions (format_spec/delete_commit_file.md). What is stored is the condition to keep a cell.
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import { ReaderError } from "../../core/error.js";
import type { Engine } from "../../engine/engine.js";
import type { DeleteFile } from "./directory.js";
import { decodeGenericTile } from "./generic-tile.js";
import { type ArraySchema, allFields, type DimensionValue, type Field, readValue } from "./schema.js";

/** A value of a cell; `undefined` is null. */
export type CellValue = DimensionValue | undefined;
/** Looks a field of a cell up by name. */
export type Cell = (field: string) => CellValue;

/** One delete condition. */
export interface DeleteCondition {
  readonly time: number;
  readonly relativeName: string;
  /** Fields that it asks. */
  readonly fields: ReadonlySet<string>;
  /** Whether a cell stays. */
  keeps(cell: Cell): boolean;
}

/** Deeper trees are no one's condition. */
const maxDepth = 64;

/** @throws ReaderError `corrupt`, `unsupported` */
export async function readDelete(
  file: DeleteFile,
  schema: ArraySchema,
  engine: Engine,
): Promise<DeleteCondition> {
  const where = file.relativeName;
  const { bytes } = await decodeGenericTile(file.bytes, 0, where, engine);
  const fields = new Set<string>();
  const parser = new ConditionParser(new ByteCursor(bytes, where), schema, fields);
  return { time: file.start, relativeName: where, fields, keeps: parser.parse(0) };
}

type Test = (cell: Cell) => boolean;

class ConditionParser {
  readonly #cursor: ByteCursor;
  readonly #schema: ArraySchema;
  readonly #fields: Set<string>;

  constructor(cursor: ByteCursor, schema: ArraySchema, fields: Set<string>) {
    this.#cursor = cursor;
    this.#schema = schema;
    this.#fields = fields;
  }

  parse(depth: number): Test {
    if (depth > maxDepth) throw this.#cursor.corrupt("nests too deeply");
    return this.#cursor.u8() === 0 ? this.#expression(depth) : this.#comparison();
  }

  #expression(depth: number): Test {
    const operator = this.#cursor.u8();
    const count = this.#cursor.count(this.#cursor.size(), 2);
    const children = Array.from({ length: count }, () => this.parse(depth + 1));
    if (operator === 0) return (cell) => children.every((test) => test(cell));
    if (operator === 1) return (cell) => children.some((test) => test(cell));
    const [child] = children;
    if (operator === 2 && child !== undefined) return (cell) => !child(cell);
    throw this.#cursor.corrupt(`has an operator ${operator}`);
  }

  #comparison(): Test {
    const operator = this.#cursor.u8();
    const name = this.#cursor.text(this.#cursor.u32());
    const data = this.#cursor.bytes(this.#cursor.size());
    if (operator === 253) return () => true;
    if (operator === 254) return () => false;
    const field = allFields(this.#schema).find((known) => known.name === name);
    if (field === undefined) throw this.#cursor.corrupt(`asks a field "${name}" that is not there`);
    this.#fields.add(name);
    if (operator === 6 || operator === 7) return this.#membership(field, data, operator === 7);
    const test = comparisons[operator];
    if (test === undefined) throw this.#cursor.corrupt(`has a comparison ${operator}`);
    if (data.length === 0 && "isNullable" in field && field.isNullable) {
      return (cell) => (cell(name) === undefined) === (operator === 4);
    }
    const value = constantOf(field, data);
    return (cell) => {
      const found = cell(name);
      return found !== undefined && test(found, value);
    };
  }

  #membership(field: Field, data: Uint8Array, isNegated: boolean): Test {
    const ends = new ByteCursor(this.#cursor.bytes(this.#cursor.size()), field.name);
    const offsets = Array.from({ length: Math.floor(ends.left / 8) }, () => ends.size());
    const values = new Set(
      offsets.map((offset, index) =>
        constantOf(field, data.subarray(offset, offsets[index + 1] ?? data.length)),
      ),
    );
    return (cell) => {
      const found = cell(field.name);
      return found !== undefined && values.has(found) !== isNegated;
    };
  }
}

const comparisons: Readonly<Record<number, (a: DimensionValue, b: DimensionValue) => boolean>> = {
  0: (a, b) => a < b,
  1: (a, b) => a <= b,
  2: (a, b) => a > b,
  3: (a, b) => a >= b,
  4: (a, b) => a === b,
  5: (a, b) => a !== b,
};

function constantOf({ name, type, valuesPerCell }: Field, data: Uint8Array): DimensionValue {
  if (type.text !== undefined || valuesPerCell !== 1) {
    if (type.size === 1) return new TextDecoder().decode(data);
    throw new ReaderError(
      "unsupported",
      `A delete condition asks field ${name}, of ${type.name}, which cannot be compared.`,
    );
  }
  return readValue(new ByteCursor(data, name), type);
}
