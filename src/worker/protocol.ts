/**
 * What crosses between the page and a worker: plain data and buffers only.
 *
 * @module
 */
import type { DataType, TypedArray } from "../core/dtype.js";
import type { ErrorJson } from "../core/error.js";
import type { CodecSpec, ComponentRef, CropAxis, FieldOutput, RowCondition } from "../core/plan.js";

/** `ColumnRead` with its bytes in place of where they lie. */
export interface ColumnTask {
  readonly name: string;
  /** Absent: not stored. */
  readonly bytes?: Uint8Array;
  readonly codecs: readonly CodecSpec[];
  readonly dtype: DataType;
  readonly shape?: readonly number[];
  readonly width?: number;
  readonly fill?: Uint8Array;
}

export interface RowsTask {
  readonly kind: "rows";
  readonly label: string;
  readonly columns: readonly ColumnTask[];
  readonly conditions: readonly RowCondition[];
  readonly positions: readonly ComponentRef[];
  readonly fields: readonly FieldOutput[];
}

export interface BlockTask {
  readonly kind: "block";
  readonly label: string;
  readonly column: ColumnTask;
  readonly crop: readonly CropAxis[];
}

export type DecodeTask = RowsTask | BlockTask;

export interface FieldData {
  readonly name: string;
  readonly values: TypedArray;
  readonly width: number;
  readonly validity?: Uint8Array;
}

export interface RowsResult {
  readonly kind: "rows";
  readonly rows: number;
  readonly positions: TypedArray;
  readonly fields: readonly FieldData[];
}

export interface BlockResult {
  readonly kind: "block";
  /** In C order of the cropped shape. */
  readonly data: TypedArray;
  readonly shape: readonly number[];
}

export type DecodeResult = RowsResult | BlockResult;

/** Errors are returned, not thrown: comlink keeps only message, name and stack of a thrown one. */
export type DecodeReply =
  | { readonly ok: true; readonly result: DecodeResult; readonly decodeMs: number }
  | { readonly ok: false; readonly error: ErrorJson };

export interface WorkerApi {
  /** Hands over the compiled kernels; resolves when the worker can decode. */
  warm(kernels: WebAssembly.Module): Promise<void>;
  run(task: DecodeTask): Promise<DecodeReply>;
}
