/**
 * @module
 * What the page knows, in one small store. Panels read it and are told when something they care about changes.
 */
import type {
  Dataset,
  Diagnosis,
  Explain,
  GridTable,
  IntervalEnd,
  PointTable,
  Progress,
  Timeline,
} from "cloudcrop";
import type { Local } from "./local.js";
import type { Samples } from "./presets.js";
import type { Scene } from "./scene.js";

/** Where the data is; all of it may be shared. */
export interface Place {
  readonly url: string;
  readonly endpoint: string;
  readonly region: string;
  readonly signing: "query" | "header";
}

/** Kept in memory only: never stored, never shared, never shown in code. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export type Ends = readonly [IntervalEnd, IntervalEnd];

/** The question as it stands in the form. */
export interface Draft {
  /** Closed intervals by dimension or field; what is not here is not narrowed. */
  readonly intervals: Readonly<Record<string, Ends>>;
  /** Absent: all fields. */
  readonly fields?: readonly string[];
  /** `auto`: the finest that is small. */
  readonly level?: number | "auto";
}

export type Price =
  | { readonly is: "unknown" }
  | { readonly is: "told"; readonly explain: Explain }
  | { readonly is: "failed"; readonly error: unknown };

export type Result =
  /** `paths`: first vertex of each line; `lines`: what each line carries, which its vertices repeat; `edges`: pairs of vertices. */
  | {
      readonly kind: "points";
      readonly table: PointTable;
      readonly paths?: Uint32Array;
      readonly lines?: PointTable["fields"];
      readonly edges?: Uint32Array;
    }
  /** `landed`: one byte per cell, 1 where its block has come; absent when all have. */
  | { readonly kind: "grid"; readonly table: GridTable; readonly landed?: Uint8Array };

/** Whether a result has no row and no cell, or is not there. */
export function isEmpty(result: Result | undefined): boolean {
  if (result === undefined) return true;
  return result.kind === "points" ? result.table.length === 0 : result.table.shape.includes(0);
}

/** One run of a query, under way or over. */
export interface Run {
  readonly is: "running" | "done" | "cancelled" | "failed";
  readonly startedAt: number;
  readonly ms: number;
  /** Milliseconds from the start until the first part was here. */
  readonly firstPartMs?: number;
  readonly progress?: Progress;
  readonly timeline?: Timeline;
  /** Requests of the page before it, since the last one: metadata, labels, and indexes that pricing read. */
  readonly requestsBefore?: number;
}

export interface State {
  readonly samples: Samples | undefined;
  readonly place: Place;
  readonly keys: Keys;
  /** What was picked or dropped; used while its label stands in the address field. */
  readonly local: Local | undefined;
  readonly opening: boolean;
  readonly dataset: Dataset | undefined;
  readonly scene: Scene | undefined;
  readonly draft: Draft;
  readonly price: Price;
  readonly run: Run | undefined;
  readonly result: Result | undefined;
  /** Field or dimension the picture is coloured by. */
  readonly colourBy: string | undefined;
  /** Ends of the colours, where the user has set them. */
  readonly clamp: readonly [number, number] | undefined;
  /** Index per dimension that the picture of a grid does not show. */
  readonly slice: Readonly<Record<string, number>>;
  readonly problem: unknown;
  /** What the doctor says of the address. */
  readonly diagnosis: Diagnosis | "running" | undefined;
  /** What the library wants known: retries, objects assumed to be missing. */
  readonly notes: readonly string[];
}

export const noKeys: Keys = { accessKeyId: "", secretAccessKey: "", sessionToken: "" };

export const initialState: State = {
  samples: undefined,
  place: { url: "", endpoint: "", region: "", signing: "query" },
  keys: noKeys,
  local: undefined,
  opening: false,
  dataset: undefined,
  scene: undefined,
  draft: { intervals: {} },
  price: { is: "unknown" },
  run: undefined,
  result: undefined,
  colourBy: undefined,
  clamp: undefined,
  slice: {},
  problem: undefined,
  diagnosis: undefined,
  notes: [],
};

type Listener = (state: State, before: State) => void;

export class Store {
  #state: State = initialState;
  readonly #listeners: { readonly keys: readonly (keyof State)[]; readonly tell: Listener }[] = [];

  get state(): State {
    return this.#state;
  }

  set(patch: Partial<State>): void {
    const before = this.#state;
    this.#state = { ...before, ...patch };
    const changed = (Object.keys(patch) as (keyof State)[]).filter((key) => before[key] !== patch[key]);
    for (const { keys, tell } of this.#listeners) {
      if (keys.some((key) => changed.includes(key))) tell(this.#state, before);
    }
  }

  /** Calls back when one of the keys has changed. */
  on(keys: readonly (keyof State)[], tell: Listener): void {
    this.#listeners.push({ keys, tell });
  }
}

/** The file or folder of the user's own computer that the address field names, if it does. */
export function localOf({ local, place }: Pick<State, "local" | "place">): Local | undefined {
  return local?.label === place.url ? local : undefined;
}
