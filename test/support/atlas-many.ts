/**
 * @module Stores of as many datasets as one likes that any file stands for, with what reading one array of them cold costs at most.
 */
import { writeContainer } from "./atlas-container.js";
import { profileNames, writeCompacted, writeLayers, writeMetadata } from "./atlas-directory.js";
import { writeArrayFile } from "./atlas-index.js";

export interface ManyStore {
  /** The file that is opened. */
  readonly file: string;
  /** Number of the dataset that is read; default: the last. */
  readonly dataset?: number;
  /** What it holds; default: its number. */
  readonly value?: number | string;
  write(count: number): Readonly<Record<string, Uint8Array>>;
  /** Requests of all kinds, and those of them that bring blocks alone: in Node and in browsers. */
  readonly node: Cost;
  readonly browser: Cost;
  /** In browsers, where the server exposes no header; default: the same. */
  readonly bare?: Cost;
  /** In browsers, of a bucket that lists, and of one that is asked to and refuses; default: the same as of a web server. */
  readonly listed?: Cost;
  readonly refused?: Cost;
}

interface Cost {
  readonly requests: number;
  readonly blockRuns: number;
}

export const datasetCounts = [1, 100, 1000, 3000];
/** Above what is read whole, where it is stored as it is. */
const megabytes = 5 * 1024 * 1024;
/** Cells of each of ten datasets: above it in all, but the last begins in the first 8 MiB; of 16 MB; and of 6 MB. */
const [longCells, longerCells, shortCells] = [220_000, 400_000, 150_000];

/** Of ten datasets, those before this one have cells. */
const unwritten = 7;

/** Data come with the index where metadata promise little of them. */
const small: Cost = { requests: 3, blockRuns: 0 };
const apart: Cost = { requests: 4, blockRuns: 1 };
/** Three requests and one that brings an index too: the run of its blocks, or what is looked at beside. */
const together: Cost = { requests: 4, blockRuns: 0 };
/** One more request tells how long the file is. */
const measured: Cost = { requests: 5, blockRuns: 1 };
/** And one more before it was refused. */
const askedInVain: Cost = { requests: 6, blockRuns: 1 };

const temperature = (array: Uint8Array): { readonly temperature: Uint8Array } => ({ temperature: array });

/** An array file whose values lie in a compressed block for each dataset. */
function longBlocks(count: number): Uint8Array {
  return writeArrayFile(count, 0, { cells: longCells, codec: "lz4", isBlockEach: true });
}

function writeOne(count: number, arrays: Readonly<Record<string, Uint8Array>>, codec?: string) {
  return { "data.atlas": writeContainer(profileNames(count), arrays, codec) };
}

export const manyStores: Readonly<Record<string, ManyStore>> = {
  "version-1": {
    file: "atlas.json",
    write: (count) => writeLayers(count, 1, 1),
    node: small,
    browser: small,
  },
  "version-3": {
    file: "atlas.json",
    write: (count) => writeLayers(count, 1, 3),
    node: small,
    browser: small,
  },
  compacted: {
    file: "atlas.json",
    write: (count) => writeCompacted(count, 3),
    node: small,
    browser: small,
  },
  container: {
    file: "data.atlas",
    write: (count) => writeOne(count, temperature(writeArrayFile(count, 0))),
    node: small,
    // The container and its mask.
    browser: { requests: 2, blockRuns: 0 },
  },
};

/** Files of 5 MiB and more, of ten datasets each. */
export const longStores: Readonly<Record<string, ManyStore>> = {
  "one compressed block": {
    file: "atlas.json",
    write: (count) => writeLayers(count, 1, 1, { cells: shortCells, codec: "lz4" }),
    node: small,
    browser: small,
  },
  "a compressed block above 8 MiB": {
    file: "atlas.json",
    write: (count) => writeLayers(count, 1, 1, { cells: longCells, codec: "lz4" }),
    // Ranges are of 8 MiB at most.
    node: { requests: 5, blockRuns: 2 },
    browser: apart,
  },
  "compressed blocks, the first": {
    file: "atlas.json",
    dataset: 0,
    write: (count) => writeLayers(count, 1, 3, { cells: longerCells, codec: "lz4", isBlockEach: true }),
    node: apart,
    browser: apart,
  },
  "compressed blocks, one behind 8 MiB": {
    file: "atlas.json",
    write: (count) => writeLayers(count, 1, 3, { cells: longerCells, codec: "lz4", isBlockEach: true }),
    node: apart,
    browser: measured,
    listed: apart,
    refused: askedInVain,
  },
  "compressed blocks of more than 64 MiB, for all that metadata tell": {
    file: "atlas.json",
    dataset: 0,
    write: (count) => ({
      ...writeLayers(count, 1, 3, { cells: longerCells, codec: "lz4", isBlockEach: true }),
      "atlas.json": writeMetadata(profileNames(5 * count), ["temperature"], {
        version: 3,
        cells: longerCells,
        codec: "Lz4",
      }),
    }),
    node: apart,
    browser: measured,
    listed: apart,
    refused: askedInVain,
  },
  "longer than metadata promise": {
    file: "atlas.json",
    write: (count) => ({
      ...writeLayers(count, 1, 1),
      "temperature/data.1.af": writeArrayFile(count, 1, { paddingBytes: megabytes }),
    }),
    node: measured,
    browser: measured,
  },
  "long as metadata promise": {
    file: "atlas.json",
    write: (count) => writeLayers(count, 1, 1, { cells: shortCells }),
    node: apart,
    browser: apart,
  },
  "a little longer than promised": {
    file: "atlas.json",
    write: (count) => writeLayers(count, 1, 3, { cells: shortCells, paddingBytes: 50_000 }),
    node: apart,
    browser: apart,
  },
  "half as long as promised": {
    file: "atlas.json",
    write: (count) => ({
      ...writeLayers(count, 1, 1, { cells: shortCells }),
      "atlas.json": writeMetadata(profileNames(2 * count), ["temperature"], {
        version: 1,
        cells: shortCells,
      }),
    }),
    node: apart,
    // What was asked for lies behind the end, which an answer may tell that pages may not read.
    browser: measured,
    bare: { requests: 6, blockRuns: 1 },
  },
  "text, offsets of more than 2 MiB": {
    file: "atlas.json",
    value: "",
    write: (count) => writeLayers(count, 1, 3, { cells: 53_000, isText: true }),
    node: apart,
    browser: measured,
    listed: apart,
    refused: askedInVain,
  },
  "text, offsets of less than 2 MiB": {
    file: "atlas.json",
    value: "",
    write: (count) => writeLayers(count, 1, 3, { cells: 52_000, isText: true }),
    node: apart,
    browser: measured,
  },
  "text, less than 1 MiB": {
    file: "atlas.json",
    value: "",
    write: (count) => writeLayers(count, 1, 3, { cells: 26_000, isText: true }),
    node: apart,
    browser: small,
  },
  "a chunk that was never written": {
    file: "atlas.json",
    dataset: unwritten,
    value: 0,
    write: (count) => writeLayers(count, 1, 3, { written: unwritten }),
    // The file under the layer is looked at.
    node: together,
    browser: together,
  },
  "long container": {
    file: "data.atlas",
    write: (count) => writeOne(count, temperature(writeArrayFile(count, 0, { paddingBytes: megabytes }))),
    node: apart,
    // Its index lies beside the footer.
    browser: apart,
  },
  "long container, a short array": {
    file: "data.atlas",
    write: (count) =>
      writeOne(count, {
        temperature: writeArrayFile(count, 0),
        salinity: writeArrayFile(count, 0, { paddingBytes: megabytes }),
      }),
    node: small,
    browser: together,
  },
  "long container, one compressed block": {
    file: "data.atlas",
    write: (count) => {
      const array = writeArrayFile(count, 0, { cells: shortCells, codec: "lz4" });
      return writeOne(count, temperature(array), "Lz4");
    },
    node: small,
    browser: together,
  },
  "long container, compressed blocks above 8 MiB": {
    file: "data.atlas",
    write: (count) => writeOne(count, temperature(longBlocks(count)), "Lz4"),
    node: apart,
    browser: apart,
  },
  "long container, not the last of its arrays": {
    file: "data.atlas",
    write: (count) => {
      const array = longBlocks(count);
      return writeOne(count, { temperature: array, salinity: array }, "Lz4");
    },
    node: apart,
    browser: measured,
  },
};

/** The five values that are read of a dataset. */
export function valuesOf({ value }: ManyStore, number: number): Float32Array | string[] {
  return typeof value === "string" ? Array(5).fill(value) : new Float32Array(5).fill(value ?? number);
}

/** The dataset whose array is read of a store of so many. */
export function datasetToRead({ dataset }: ManyStore, count: number): number {
  return dataset ?? count - 1;
}
