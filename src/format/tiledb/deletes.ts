/**
 * Delete conditions (format_spec/delete_commit_file.md). What is stored is the condition to keep a cell.
 *
 * @module
 */
import { ByteCursor } from "../../bytes/cursor.js";
import { ReaderError } from "../../core/error.js";
import type { CellConstant, CellTest, Comparison } from "../../core/settling.js";
import type { Engine } from "../../engine/engine.js";
import type { DeleteFile } from "./directory.js";
import { decodeGenericTile } from "./generic-tile.js";
import { type ArraySchema, allFields, type Field, readValue, variable } from "./schema.js";

/** One delete condition. */
export interface DeleteCondition {
  readonly time: number;
  readonly relativeName: string;
  /** Fields that it asks. */
  readonly fields: ReadonlySet<string>;
  /** Whether a cell stays. */
  readonly keeps: CellTest;
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

class ConditionParser {
  readonly #cursor: ByteCursor;
  readonly #schema: ArraySchema;
  readonly #fields: Set<string>;

  constructor(cursor: ByteCursor, schema: ArraySchema, fields: Set<string>) {
    this.#cursor = cursor;
    this.#schema = schema;
    this.#fields = fields;
  }

  parse(depth: number): CellTest {
    if (depth > maxDepth) throw this.#cursor.corrupt("nests too deeply");
    return this.#cursor.u8() === 0 ? this.#expression(depth) : this.#comparison();
  }

  #expression(depth: number): CellTest {
    const operator = this.#cursor.u8();
    const count = this.#cursor.count(this.#cursor.size(), 2);
    const tests = Array.from({ length: count }, () => this.parse(depth + 1));
    if (operator === 0 || operator === 1) return { kind: operator === 0 ? "all" : "any", tests };
    const [test] = tests;
    if (operator === 2 && test !== undefined) return { kind: "not", test };
    throw this.#cursor.corrupt(`has an operator ${operator}`);
  }

  #comparison(): CellTest {
    const operator = this.#cursor.u8();
    const name = this.#cursor.text(this.#cursor.u32());
    const data = this.#cursor.bytes(this.#cursor.size());
    if (operator === 253 || operator === 254) return { kind: "constant", holds: operator === 253 };
    const field = allFields(this.#schema).find((known) => known.name === name);
    if (field === undefined) throw this.#cursor.corrupt(`asks a field "${name}" that is not there`);
    this.#fields.add(name);
    if (operator === 6 || operator === 7) return this.#membership(field, data, operator === 7);
    const comparison = comparisons[operator];
    if (comparison === undefined) throw this.#cursor.corrupt(`has a comparison ${operator}`);
    if (data.length === 0 && "isNullable" in field && field.isNullable) {
      return { kind: "null", field: name, isNull: operator === 4 };
    }
    const test = { kind: "compare", field: name, operator: comparison } as const;
    // Of cells of so many bytes the library compares the first; asked whether they are among some, all of them.
    if (field.valuesPerCell === 1 || field.valuesPerCell === variable) {
      return { ...test, value: constantOf(field, data) };
    }
    return { ...test, value: constantOf(field, data.subarray(0, 1)), prefix: 1 };
  }

  #membership(field: Field, data: Uint8Array, isNegated: boolean): CellTest {
    const ends = new ByteCursor(this.#cursor.bytes(this.#cursor.size()), field.name);
    const offsets = Array.from({ length: Math.floor(ends.left / 8) }, () => ends.size());
    const values = offsets.map((offset, index) =>
      constantOf(field, data.subarray(offset, offsets[index + 1] ?? data.length)),
    );
    return { kind: "among", field: field.name, values, isNegated };
  }
}

/** By their numbers. */
const comparisons: readonly (Comparison | undefined)[] = ["<", "<=", ">", ">=", "==", "!="];

function constantOf({ name, type, valuesPerCell }: Field, data: Uint8Array): CellConstant {
  if (valuesPerCell !== 1) {
    if (type.size === 1) return Array.from(data, (byte) => String.fromCharCode(byte)).join("");
    throw new ReaderError(
      "unsupported",
      `A delete condition asks field ${name}, of ${type.name}, which cannot be compared.`,
    );
  }
  // Characters are compared as the bytes that results hold.
  return readValue(
    new ByteCursor(data, name),
    type.text === undefined ? type : { ...type, kind: "unsigned" },
  );
}
