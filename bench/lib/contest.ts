/**
 * Readers take turns at one task, in one page: times, requests and bytes as the server counted them, results checked.
 *
 * @module
 */
import type { Host, Row } from "./host.js";
import { median, type Samples, speedup } from "./measure.js";

/** What the server saw since it was told to begin. */
export interface Counts {
  readonly requests: number;
  readonly preflights: number;
  readonly bytes: number;
  readonly maxConcurrent: number;
}

/**
 * Does the task once; what it resolves with is checked against the expected digest.
 *
 * @param copy the folder to read from: one that the browser's cache knows nothing of
 */
export type Reader = (copy: string) => Promise<ArrayBufferView | string>;

/** Reads of this page so far. */
let reads = 0;

export interface Contest {
  readonly name: string;
  readonly readers: Readonly<Record<string, Reader>>;
  readonly rounds: number;
  /** SHA-256 of the result's bytes, or the text that it should be. */
  readonly expected: string;
  readonly latencyMs?: number;
  /** Rules of the server's, `path` as the source of a pattern. */
  readonly faults?: readonly object[];
  /** Readers that may fail; the row then says how often they did. */
  readonly mayFail?: boolean;
}

export const ours = "cloudcrop";

/** One row: milliseconds of each reader, how many times faster ours is, and its requests. */
export async function contest(host: Host, task: Contest): Promise<Row> {
  const { readers, rounds, expected, latencyMs = 0, faults = [], mayFail = false } = task;
  host.say(task.name);
  const samples: Samples = {};
  const counts: Record<string, Counts[]> = {};
  const failures: Record<string, string> = {};
  // The first round warms up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, read] of Object.entries(readers)) {
      await ask(host, { do: "begin", latencyMs, faults });
      const startedAt = performance.now();
      let result: Awaited<ReturnType<Reader>>;
      try {
        result = await read(String(reads++));
      } catch (thrown) {
        if (!mayFail) throw new Error(`${task.name}: ${name} failed: ${String(thrown)}`);
        failures[name] = String(thrown).slice(0, 120);
        await untilQuiet(host);
        continue;
      }
      const ms = performance.now() - startedAt;
      const count = JSON.parse(await ask(host, { do: "count" })) as Counts;
      const got = typeof result === "string" ? result : await digest(result);
      if (got !== expected) {
        if (!mayFail) throw new Error(`${task.name}: ${name} gave another result: ${got}, not ${expected}.`);
        failures[name] = "another result";
        continue;
      }
      if (round === 0) continue;
      samples[name] = [...(samples[name] ?? []), ms];
      counts[name] = [...(counts[name] ?? []), count];
    }
  }
  const names = Object.keys(readers).filter((name) => (samples[name]?.length ?? 0) > 0);
  return {
    name: task.name,
    unit: "ms",
    rates: Object.fromEntries(
      names.map((name) => [name, { median: median(samples[name]!), best: Math.min(...samples[name]!) }]),
    ),
    ratios: Object.fromEntries(
      names.flatMap((name) => {
        const ratio = name === ours ? undefined : speedup(samples, ours, name);
        return ratio === undefined || Number.isNaN(ratio) ? [] : [[name, ratio]];
      }),
    ),
    notes: {
      requests: names.map((name) => median(counts[name]!.map(({ requests }) => requests))).join(" / "),
      kB: names.map((name) => Math.round(median(counts[name]!.map(({ bytes }) => bytes)) / 1000)).join(" / "),
      ...Object.fromEntries(Object.entries(failures).map(([name, why]) => [`${name} failed`, why])),
    },
    requests: Object.fromEntries(
      names.map((name) => [name, median(counts[name]!.map(({ requests }) => requests))]),
    ),
  };
}

/** A reader that fails may leave requests under way, which are not the next one's. */
async function untilQuiet(host: Host): Promise<void> {
  let [before, now] = ["", await ask(host, { do: "count" })];
  while (now !== before) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    [before, now] = [now, await ask(host, { do: "count" })];
  }
}

/** Asks the Node side of the benchmark. */
export function ask(host: Host, command: object): Promise<string> {
  if (host.ask === undefined) throw new Error("This benchmark has nobody to ask.");
  return host.ask(JSON.stringify(command));
}

/** SHA-256 of an array's bytes, in hexadecimal digits. */
export async function digest(view: ArrayBufferView): Promise<string> {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
