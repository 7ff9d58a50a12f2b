/**
 * Array files that a query opened by their bodies: read on as far as they serve it.
 *
 * @module
 */
import type { AbsolutePath, BlockPart, ByteRange } from "../../core/plan.js";
import type { OpenBodies } from "../../engine/open-bodies.js";
import type { OpenBody } from "../../engine/open-body.js";

/** What is left of a body that may rather come than cost its connection; and what is not wanted between two blocks. */
const restBytes = 128 * 1024;

/** Told all that a query reads: what does not come from a body in time is asked for. */
export function keepBodies(bodies: OpenBodies, parts: readonly BlockPart[]): void {
  const ranges = new Map<AbsolutePath, ByteRange[]>();
  for (const { column } of parts) {
    const { read } = column;
    if (read?.range === undefined) continue;
    const known = ranges.get(read.key);
    if (known === undefined) ranges.set(read.key, [read.range]);
    else known.push(read.range);
  }
  for (const body of bodies.all()) keepRanges(body, ranges.get(body.key) ?? []);
}

function keepRanges(body: OpenBody, ranges: readonly ByteRange[]): void {
  const { horizon, size = 0 } = body;
  let until = 0;
  for (const { offset, length } of ranges.toSorted((a, b) => a.offset - b.offset)) {
    if (offset > Math.max(until + restBytes, horizon)) break;
    until = Math.max(until, offset + length);
  }
  if (until === 0) body.close();
  else body.keep(size - until <= restBytes ? Number.POSITIVE_INFINITY : until, Number.POSITIVE_INFINITY);
}
