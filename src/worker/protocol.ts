/**
 * What crosses between the page and a worker: plain data and buffers only.
 *
 * @module
 */
import type { Box } from "../bytes/block.js";
import type { Memory } from "../bytes/fill.js";
import type { Values } from "../bytes/ragged.js";
import type { DataType, FixedType, TypedArray } from "../core/dtype.js";
import type { ErrorJson } from "../core/error.js";
import type {
  CodecSpec,
  ComponentRef,
  CropAxis,
  FieldOutput,
  PolygonCondition,
  RowCondition,
  Unpacking,
} from "../core/plan.js";
import type { SeenRequest, TaskTimes } from "../core/recorder.js";
import type { Answer } from "../net/answer.js";
import type { ToldFacts } from "../net/arrivals.js";
import type { PerformOptions } from "../net/perform.js";
import type { RemoteRead } from "../net/remote-read.js";
import type { JoinSpec } from "./join-rows.js";
import type { LineSample } from "./line-watch.js";

/** `ColumnRead` with its bytes in place of where they lie; `B` is the form that the bytes have at hand. */
export interface ColumnTask<B = Uint8Array> {
  readonly name: string;
  /** Absent: not stored. */
  readonly bytes?: B;
  readonly codecs: readonly CodecSpec[];
  readonly dtype: DataType;
  readonly shape?: readonly number[];
  readonly width?: number;
  readonly isTable?: boolean;
  readonly isText?: boolean;
  readonly fill?: Uint8Array;
}

export interface RowsTask<B = Uint8Array> {
  readonly kind: "rows";
  readonly label: string;
  readonly columns: readonly ColumnTask<B>[];
  readonly conditions: readonly RowCondition[];
  readonly polygon?: PolygonCondition;
  readonly positions: readonly ComponentRef[];
  readonly fields: readonly FieldOutput[];
  readonly numbers?: "kept" | "all";
  readonly runs?: Uint32Array;
  /** Asks when it ran. */
  readonly isTimed?: true;
}

export interface BlockTask<B = Uint8Array> {
  readonly kind: "block";
  readonly label: string;
  readonly column: ColumnTask<B>;
  readonly crop: readonly CropAxis[];
  readonly unpack?: Unpacking;
  /** Where the worker puts the block itself. */
  readonly place?: { readonly grid: number; readonly offset: readonly number[] };
  /** Memory for the block where it comes back, large enough for it. */
  readonly room?: ArrayBuffer;
  /** Asks when it ran. */
  readonly isTimed?: true;
}

export type DecodeTask<B = Uint8Array> = RowsTask<B> | BlockTask<B>;

/** Bytes within a body that the worker keeps. */
export interface HeldRef {
  readonly id: number;
  readonly offset: number;
  readonly length: number;
}

/** A task on its way: bytes that come along, and bytes that are there already. */
export type SentTask = DecodeTask<Uint8Array | HeldRef>;

export interface FieldData {
  readonly name: string;
  readonly values: Values;
  readonly width: number;
  readonly validity?: Uint8Array;
}

export interface RowsResult {
  readonly kind: "rows";
  readonly rows: number;
  readonly positions: TypedArray;
  readonly fields: readonly FieldData[];
  /** Where the part asks for numbers: rows of the chunk. */
  readonly total?: number;
  /** Where the part asks for numbers: of the rows that met the conditions, ascending; absent when all did. */
  readonly kept?: Uint32Array;
  /** The columns that are tables, in their order; `undefined` for those that are not stored. */
  readonly tables?: readonly (Values | undefined)[];
}

export interface BlockResult {
  readonly kind: "block";
  /** In C order of the cropped shape. */
  readonly data: Values;
  readonly shape: readonly number[];
}

/** A block that is in its grid already, wherever that lies. */
export interface PlacedResult {
  readonly kind: "placed";
}

export type DecodeResult = RowsResult | BlockResult | PlacedResult;

/** Errors are returned, not thrown: only message, name and stack cross of a thrown one. */
export type DecodeReply =
  | {
      readonly ok: true;
      readonly result: DecodeResult;
      readonly decodeMs: number;
      /** Where it was asked for. */
      readonly times?: TaskTimes;
    }
  | { readonly ok: false; readonly error: ErrorJson };

/** A grid that workers put together. */
export interface GridSpec {
  readonly dtype: FixedType;
  readonly shape: readonly number[];
}

/** Where a grid lies: memory that all write to, or that was given away. */
export type GridMemory = Memory;

/** What no block covers, and what it holds. */
export interface GridFill {
  /** One item in native bytes. */
  readonly item: Uint8Array;
  readonly boxes: readonly Box[];
}

/** What a request needs besides itself; the signal stays behind, see `WorkerApi.abort`. */
export type SentOptions = Pick<
  PerformOptions,
  "timeouts" | "lowPriority" | "mayHedge" | "wantsProtocol" | "mayWait"
> & {
  /** Asks when its requests were sent and answered. */
  readonly isTimed?: true;
};

/** How much of a body has come. */
export interface Arrived {
  readonly filled: number;
  /** Bytes that there is room for. */
  readonly room: number;
  readonly told: ToldFacts;
}

/** An answer whose body stays in the worker, and how many bytes of data came for it. */
export type HeldAnswer = Answer<{ readonly length: number }> & {
  readonly cameBytes: number;
  /** Of a body that no cache had a part in. */
  readonly line?: LineSample;
  /** Where it was asked for. */
  readonly seen?: readonly SeenRequest[];
  /** Of the task that came along, where a body came for it. */
  readonly reply?: DecodeReply;
};

/** A reply that may carry an error of ours. */
export type Reply<T> =
  | { readonly ok: true; readonly result: T }
  | { readonly ok: false; readonly error: ErrorJson };

export interface WorkerApi {
  /** Hands over the compiled kernels; resolves when the worker can decode. */
  warm(kernels: WebAssembly.Module): Promise<void>;
  /** Tasks in order, decoded without a pause unless blocks wait to arrive in another worker; as many replies. `dropped`: as `drop` does it, first. */
  run(tasks: readonly SentTask[], dropped: readonly number[]): Promise<readonly DecodeReply[]>;
  /**
   * Performs a request and keeps its body under an id of the page's choice. `dropped`: as `drop` does it, first. `task`: of one column,
   * whose bytes the body is; it runs when all of it is there.
   *
   * @returns `undefined` where the worker cannot load the code for it
   */
  perform(
    read: RemoteRead,
    id: number,
    options: SentOptions,
    dropped: readonly number[],
    task?: SentTask,
  ): Promise<HeldAnswer | undefined>;
  /** Ends the requests that are under way for these ids, and lets go of bodies and grids. */
  drop(ids: readonly number[]): Promise<void>;
  /** Resolves when so many bytes of a body have come, `undefined` when no more will: the answer tells the rest. */
  arrived(id: number, length: number): Promise<Arrived | undefined>;
  /** Ends a request; what came of its body stays. */
  stop(id: number): Promise<void>;
  /** Copies held bytes out, all into one buffer. */
  take(refs: readonly HeldRef[]): Promise<readonly Uint8Array[]>;
  /** Keeps several pieces one after another as one body more. */
  join(parts: readonly HeldRef[], id: number): Promise<void>;
  /** Starts a grid under an id of the page's choice, in the memory given or in fresh one. */
  openGrid(spec: GridSpec, id: number, memory?: GridMemory): Promise<Reply<undefined>>;
  /** Opens the way to a grid in another worker, under an id of the page's choice. */
  openFarGrid(spec: GridSpec, id: number, port: MessagePort): Promise<void>;
  /** Takes another worker's blocks for a grid here; answered when the grid is taken or dropped. */
  admitBlocks(id: number, port: MessagePort): Promise<void>;
  /** Copies a block into a grid at `offset`; its buffer comes back. */
  place(block: BlockResult, offset: readonly number[], id: number): Promise<ArrayBuffer>;
  /** Fills what no block covers. */
  fillGrid(fill: GridFill, id: number): Promise<void>;
  /** Hands the numbers of a grid over, in C order. */
  takeGrid(id: number): Promise<TypedArray>;
  /** Rows of many parts as one, in the rooms given where they are of use. */
  joinRows(
    spec: JoinSpec,
    parts: readonly RowsResult[],
    rooms: readonly ArrayBuffer[],
  ): Promise<Reply<RowsResult>>;
  /** Resolves at once: a worker that does not answer for long has ended without a word. */
  ping(): Promise<void>;
}
