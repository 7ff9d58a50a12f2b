/**
 * What metadata tell of datasets before any array file is read, and what every kind of store answers about them.
 *
 * @module
 */
import type { AttributeValue, MemberAttributes } from "../../core/dataset.js";
import type { OpenBodies } from "../../engine/open-bodies.js";
import type { PlanOptions } from "../../engine/planner.js";
import type { ReadableStore } from "../../store/types.js";
import type { LayeredEntry } from "./layers.js";
import type { DataTake } from "./read-end.js";
import type { Statistics } from "./statistics.js";

export interface ArrayLayout {
  readonly shape: readonly number[];
  readonly chunkShape: readonly number[];
  /** As many as there are axes, but for directory stores, whose writer may have given another number. */
  readonly dimensions: readonly string[];
}

/** One array of one dataset, as the metadata declare it. */
export interface ArraySchema {
  /** As the metadata spell it: `u_int8`, `timestamp_nanoseconds`. */
  readonly type: string;
  /** Blocks are compressed, as far as metadata tell. */
  readonly isCompressed?: boolean;
  /** Absent in containers of version 6 and later, where the index of the array tells it. */
  readonly layout?: ArrayLayout;
}

/** One dataset: either attributes or their types. */
export interface DatasetSchema {
  /** In order of definition. */
  readonly arrays: ReadonlyMap<string, ArraySchema>;
  /** Where the metadata hold them. */
  readonly attributes?: ReadonlyMap<string, AttributeValue>;
  readonly arrayAttributes?: ReadonlyMap<string, ReadonlyMap<string, AttributeValue>>;
  /** By name, as the metadata spell them; values are in array files. */
  readonly attributeTypes?: ReadonlyMap<string, string>;
  readonly arrayAttributeTypes?: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export interface ReadSettings {
  readonly signal?: AbortSignal;
}

export interface EntrySettings extends ReadSettings {
  readonly take?: DataTake | undefined;
  /** Of the query that they are read for: array files may be opened by their bodies. */
  readonly bodies?: OpenBodies | undefined;
  /** Tells `flushes` too, for which all files are read; without it only those that hold what counts. */
  readonly withHistory?: boolean;
}

/** How entries are read for a plan: what is only priced brings no data. */
export function entrySettings({ signal, isExecuted = false }: PlanOptions): EntrySettings {
  return { take: isExecuted ? "block" : "none", ...(signal && { signal }) };
}

/** A store, whichever way it lies: a directory or a container. Indexes are read once, when they are first asked for. */
export interface AtlasStore {
  /** For `Dataset.formatVersion`. */
  readonly version: string;
  /** Through which data are read, where some come with indexes that are parts of an object. */
  readonly reads?: ReadableStore;
  /** Datasets that are not deleted, in order. */
  readonly datasets: ReadonlyMap<string, DatasetSchema>;
  /**
   * One array of several datasets, in the order asked for; `undefined` where no file has it. Never more requests than
   * for all datasets.
   */
  entries(
    array: string,
    datasets: readonly string[],
    settings?: EntrySettings,
  ): Promise<readonly (LayeredEntry | undefined)[]>;
  /** The array name under which attributes of datasets are kept. */
  readonly attributeFiles: string;
  /** Attributes of a dataset from the files of an array name, where the metadata have only their types. */
  readAttributes(
    dataset: string,
    array: string,
    types: ReadonlyMap<string, string>,
  ): Promise<MemberAttributes>;
  /** Statistics of an array in all datasets; `undefined` where none were written. */
  statistics(array: string, settings?: ReadSettings): Promise<Statistics | undefined>;
}

/** Whether an array has attributes that may say which axis it labels (CF conventions 1.11, §4). */
export function tellsAxis(schema: DatasetSchema, array: string): boolean {
  const { arrayAttributes, arrayAttributeTypes } = schema;
  const names = arrayAttributes?.get(array) ?? arrayAttributeTypes?.get(array);
  return names !== undefined && (names.has("standard_name") || names.has("axis"));
}
