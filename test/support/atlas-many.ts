/**
 * @module Stores of as many datasets as one likes that any file stands for, with what reading one array of them cold costs at most.
 */
import { writeContainer } from "./atlas-container.js";
import { profileNames, writeCompacted, writeLayers } from "./atlas-directory.js";
import { writeArrayFile } from "./atlas-index.js";

export interface ManyStore {
  /** The file that is opened. */
  readonly file: string;
  write(count: number): Readonly<Record<string, Uint8Array>>;
  /** Requests of all kinds, and those of them that bring blocks alone: in Node and in browsers. */
  readonly node: Cost;
  readonly browser: Cost;
}

interface Cost {
  readonly requests: number;
  readonly blockRuns: number;
}

export const datasetCounts = [1, 100, 1000, 3000];
/** Above what is read whole. */
const megabytes = 5 * 1024 * 1024;

/** Data come with the index where metadata promise little of them. */
const small: Cost = { requests: 3, blockRuns: 0 };
const apart: Cost = { requests: 4, blockRuns: 1 };
/** One more request tells how long the file is. */
const measured: Cost = { requests: 5, blockRuns: 1 };

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
    write: (count) => ({
      "data.atlas": writeContainer(profileNames(count), { temperature: writeArrayFile(count, 0) }),
    }),
    node: apart,
    // The container and its mask.
    browser: { requests: 2, blockRuns: 0 },
  },
};

/** Files of 5 MiB and more, of ten datasets each. */
export const longStores: Readonly<Record<string, ManyStore>> = {
  "one compressed block": {
    file: "atlas.json",
    write: (count) => writeLayers(count, 1, 1, { cells: 150_000, codec: "lz4" }),
    node: small,
    browser: small,
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
    write: (count) => writeLayers(count, 1, 1, { cells: 150_000 }),
    node: apart,
    browser: measured,
  },
  "long container": {
    file: "data.atlas",
    write: (count) => {
      const temperature = writeArrayFile(count, 0, { paddingBytes: megabytes });
      return { "data.atlas": writeContainer(profileNames(count), { temperature }) };
    },
    node: apart,
    browser: measured,
  },
};
