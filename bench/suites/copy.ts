/**
 * What copying alone costs, the floor under every other figure.
 *
 * @module
 */
import type { Host, Row } from "../lib/host.js";
import { measure } from "../lib/measure.js";
import { createRawKernels } from "../lib/raw-kernels.js";
import { rateRow, roundsOf } from "../lib/rows.js";

const BYTES = 1 << 20;

/** Copies of 1 MiB: between arrays, into and out of the kernels' memory, and out into fresh memory. */
export async function copyRow(host: Host): Promise<Row> {
  const source = new Uint8Array(BYTES).fill(3);
  const target = new Uint8Array(BYTES);
  const raw = await createRawKernels(BYTES, BYTES);
  const result = raw.bytes.subarray(raw.output, raw.output + BYTES);
  let keep: Uint8Array | undefined;
  const alternatives: Record<string, () => void> = {
    memcpy: () => target.set(source),
    "into wasm": () => raw.bytes.set(source, raw.input),
    "out, reused": () => target.set(result),
    "out, fresh": () => {
      keep = result.slice();
    },
  };
  const samples = await measure(
    alternatives,
    roundsOf(host.options.quick),
    host.native === undefined ? {} : { native: async () => Number(await host.native!(`memcpy ${BYTES}`)) },
  );
  if (keep?.length !== BYTES) throw new Error("nothing was copied");
  return rateRow("copy 1 MiB", samples, { units: BYTES, unit: "GB/s" });
}
