/**
 * Boxes of streamlines: every line with a vertex inside, whole, as typed arrays. Every reader opens anew; our workers stay, as they would in
 * a page.
 *
 * @module
 */
import { createPool } from "../../src/worker/pool.js";
import { summed } from "../lib/checksum.js";
import { contest, ours, type Reader } from "../lib/contest.js";
import type { Host, Row, SuiteResult } from "../lib/host.js";
import {
  type Box,
  checksum,
  type Lines,
  readFlatGeobuf,
  readFlatGeobufUncached,
  readZarrVectors,
} from "../lib/lines.js";

interface LinesSetup {
  readonly base: string;
  readonly answers: {
    readonly lines: number;
    readonly vertices: number;
    readonly boxes: readonly { readonly share: number; readonly bbox: Box; readonly checksum: string }[];
  };
}

const latencies = [0, 30];
const timed = (read: (copy: string) => Promise<Lines>): Reader => summed(read, checksum);

export async function runLines(host: Host): Promise<SuiteResult> {
  const { base, answers } = host.setup as unknown as LinesSetup;
  const { quick, only } = host.options;
  const pool = createPool();
  const rows: Row[] = [];
  for (const latencyMs of quick ? [30] : latencies) {
    for (const { share, bbox, checksum: expected } of answers.boxes) {
      const name = `${share * 100} % of ${answers.lines} lines, ${latencyMs} ms`;
      if (only !== undefined && !name.includes(only)) continue;
      const urlOf = (copy: string, file: string): string => `${base}/${copy}/${file}`;
      const readers: Record<string, Reader> = {
        [ours]: timed((copy) => readZarrVectors(urlOf(copy, "lines.zarrvectors"), bbox, pool)),
        "cloudcrop, shards": timed((copy) =>
          readZarrVectors(urlOf(copy, "lines-shards.zarrvectors"), bbox, pool),
        ),
        flatgeobuf: timed((copy) => readFlatGeobuf(urlOf(copy, "lines.fgb"), bbox)),
        "flatgeobuf, no-store": timed((copy) => readFlatGeobufUncached(urlOf(copy, "lines.fgb"), bbox)),
      };
      rows.push(await contest(host, { name, readers, rounds: quick ? 1 : 5, expected, latencyMs }));
    }
  }
  pool.dispose();
  const warnings = crossOriginIsolated ? [] : ["Not isolated: the clock is 100 µs coarse."];
  return { rows, warnings, facts: { "default workers": pool.size, vertices: answers.vertices } };
}
