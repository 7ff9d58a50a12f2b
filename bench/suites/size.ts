/**
 * From nothing to the first typed array: pages of one reader each, each visit in a browser of its own.
 *
 * @module
 */
import { ask, ours } from "../lib/contest.js";
import type { Host, Row, SuiteResult } from "../lib/host.js";
import { median, type Samples, speedup } from "../lib/measure.js";

interface Visit {
  readonly ms: number;
  readonly digest: string;
  readonly bytes: number;
  readonly requests: number;
}

export async function runSize(host: Host): Promise<SuiteResult> {
  const { readers, sha256 } = host.setup as unknown as {
    readonly readers: readonly string[];
    readonly sha256: string;
  };
  const { quick, only } = host.options;
  const rows: Row[] = [];
  let visits: Record<string, Visit> = {};
  for (const latencyMs of [0, 30]) {
    const name = `cold page to first result, ${latencyMs} ms`;
    if (only !== undefined && !name.includes(only)) continue;
    host.say(name);
    const samples: Samples = Object.fromEntries(readers.map((reader) => [reader, []]));
    for (let round = 0; round < (quick ? 1 : 9); round++) {
      for (const reader of readers) {
        const visit = JSON.parse(await ask(host, { reader, latencyMs })) as Visit;
        if (visit.digest !== sha256) throw new Error(`${reader} read something else.`);
        samples[reader]!.push(visit.ms);
        visits = { ...visits, [reader]: visit };
      }
    }
    rows.push({
      name,
      unit: "ms",
      rates: Object.fromEntries(
        readers.map((reader) => [
          reader,
          { median: median(samples[reader]!), best: Math.min(...samples[reader]!) },
        ]),
      ),
      ratios: Object.fromEntries(
        readers
          .filter((reader) => reader !== ours)
          .map((reader) => [reader, speedup(samples, ours, reader)!]),
      ),
    });
  }
  const own = visits[ours]?.bytes;
  rows.push({
    name: "code loaded to first result",
    unit: "kB gzip",
    rates: Object.fromEntries(
      Object.entries(visits).map(([reader, { bytes }]) => [
        reader,
        { median: bytes / 1000, best: bytes / 1000 },
      ]),
    ),
    ratios: Object.fromEntries(
      Object.entries(visits).flatMap(([reader, { bytes }]) =>
        own === undefined || reader === ours ? [] : [[reader, bytes / own]],
      ),
    ),
    notes: {
      files: Object.values(visits)
        .map(({ requests }) => requests)
        .join(" / "),
    },
  });
  return { rows, warnings: [], facts: {} };
}
