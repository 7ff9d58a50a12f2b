/**
 * What a suite needs of the place it runs in: Node, or a page.
 *
 * @module
 */
import type { Manifest } from "./corpus.js";

export interface BenchOptions {
  /** Few, short rounds: shows that it works, measures nothing. */
  readonly quick: boolean;
  /** Only cases whose name contains this. */
  readonly only: string | undefined;
}

export interface Host {
  readonly where: "node" | "chromium";
  readonly options: BenchOptions;
  /** Reads a file of the corpus. */
  load(name: string): Promise<Uint8Array>;
  readonly manifest: Manifest;
  /** Asks the native process; undefined when there is none. */
  readonly native: ((command: string) => Promise<string>) | undefined;
  /** Asks the Node side of the suite: its server's counts, for one. */
  readonly ask: ((command: string) => Promise<string>) | undefined;
  /** Addresses and facts a suite's own Node part prepared. */
  readonly setup: Readonly<Record<string, unknown>>;
  say(line: string): void;
}

/** One line of results: rates of all alternatives and how many times faster ours is. */
export interface Row {
  readonly name: string;
  /** Of the rates: `GB/s`, `Gpoints/s`, `ms`. */
  readonly unit: string;
  /** Median and best over the rounds. */
  readonly rates: Readonly<Record<string, { readonly median: number; readonly best: number }>>;
  /** Median of the rounds' ratios, ours against each of the others; above 1 is faster. */
  readonly ratios: Readonly<Record<string, number>>;
  /** Requests of one run, as the server counted them, where it did. */
  readonly requests?: Readonly<Record<string, number>>;
  /** Bytes of bodies, likewise. */
  readonly bytes?: Readonly<Record<string, number>>;
  /** What is worth knowing besides. */
  readonly notes?: Readonly<Record<string, string | number>>;
}

export interface SuiteResult {
  readonly rows: readonly Row[];
  /** Things that could not be measured, or went wrong; printed loudly. */
  readonly warnings: readonly string[];
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

export type Suite = (host: Host) => Promise<SuiteResult>;
