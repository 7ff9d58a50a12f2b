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
  /** Of the tests' server: not every server tells. */
  readonly preflights?: number;
  readonly bytes?: number;
}

/** Counts of one read, with what it cost the browser. */
interface Cost extends Counts {
  /** Milliseconds of all of its threads. */
  readonly processorMs: number;
}

/**
 * Does the task once; what it resolves with is checked against the expected digest.
 *
 * @param copy the folder to read from: one that the browser's cache knows nothing of
 */
export type Reader = (copy: string) => Promise<Result | Timed>;

type Result = ArrayBufferView | string;

/** A result, and how long the part took that counts. */
export interface Timed {
  readonly result: Result;
  readonly ms: number;
}

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
  /** The bucket lets nobody list it, so that what is missing is answered as S3 does then: 403. */
  readonly isUnlisted?: boolean;
  /** Readers that may fail: one that did in any round has no time, and the row says why. */
  readonly mayFail?: boolean;
  /** Requests that were given up may still be under way when the result is there: they are waited for, and counted. */
  readonly mayLeaveRequests?: boolean;
}

export const ours = "cloudcrop";

/** One row: milliseconds of each reader, how many times faster ours is, and its requests. */
export async function contest(host: Host, task: Contest): Promise<Row> {
  const { readers, rounds, expected, latencyMs = 0, faults = [], isUnlisted = false } = task;
  host.say(task.name);
  const samples: Samples = {};
  const costs: Record<string, Cost[]> = {};
  const failures: Record<string, string[]> = {};
  // The first round warms up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, read] of Object.entries(readers)) {
      const copy = String(reads++);
      await ask(host, { do: "begin", latencyMs, faults, isUnlisted, copy });
      const before = await processorMs(host);
      const startedAt = performance.now();
      let ms: number;
      let taken: number;
      try {
        const answer = await read(copy);
        const elapsed = performance.now() - startedAt;
        taken = (await processorMs(host)) - before;
        const isTimed = typeof answer === "object" && "result" in answer;
        ms = isTimed ? answer.ms : elapsed;
        await check(isTimed ? answer.result : answer, expected);
      } catch (thrown) {
        if (!task.mayFail) throw new Error(`${task.name}: ${name} failed: ${String(thrown)}`);
        failures[name] = [...(failures[name] ?? []), String(thrown).slice(0, 120)];
        await untilQuiet(host);
        continue;
      }
      if (task.mayLeaveRequests) await untilQuiet(host);
      if (round === 0) continue;
      samples[name] = [...(samples[name] ?? []), ms];
      const counted = JSON.parse(await ask(host, { do: "count" })) as Counts;
      costs[name] = [...(costs[name] ?? []), { ...counted, processorMs: taken }];
    }
  }
  const names = Object.keys(readers).filter((name) => failures[name] === undefined);
  const listOf = (name: string, what: keyof Cost): number[] => costs[name]!.map((one) => one[what] ?? 0);
  const medians = (what: keyof Cost): number[] => names.map((name) => median(listOf(name, what)));
  const processor = medians("processorMs");
  return {
    name: task.name,
    unit: "ms",
    rates: Object.fromEntries(
      names.map((name) => [name, { median: median(samples[name]!), best: Math.min(...samples[name]!) }]),
    ),
    ratios: Object.fromEntries(
      names.flatMap((name) => {
        const ratio = name === ours || !names.includes(ours) ? undefined : speedup(samples, ours, name);
        return ratio === undefined ? [] : [[name, ratio]];
      }),
    ),
    notes: {
      requests: medians("requests").join(" / "),
      ...(medians("preflights").some((count) => count > 0) && {
        preflights: medians("preflights").join(" / "),
      }),
      ...(medians("bytes").some((bytes) => bytes > 0) && {
        kB: medians("bytes")
          .map((bytes) => Math.round(bytes / 1000))
          .join(" / "),
      }),
      ...(processor.some((ms) => ms > 0) && {
        "processor ms": processor.join(" / "),
      }),
      ...Object.fromEntries(
        Object.entries(failures).map(([name, all]) => [
          `${name} failed ${all.length} of ${rounds + 1}`,
          all[0]!,
        ]),
      ),
    },
    requests: Object.fromEntries(medians("requests").map((count, i) => [names[i]!, count])),
    bytes: Object.fromEntries(medians("bytes").map((count, i) => [names[i]!, count])),
  };
}

/** What the browser took so far, all of its threads; 0 where the system does not tell. */
async function processorMs(host: Host): Promise<number> {
  return Number(await ask(host, { do: "processor" }));
}

async function check(result: Result, expected: string): Promise<void> {
  const got = typeof result === "string" ? result : await digest(result);
  if (got !== expected) throw new Error(`another result: ${got}, not ${expected}`);
}

/** Requests that are still under way belong to this reader, not to the next one. */
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
