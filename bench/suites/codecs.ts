/**
 * Decoders against their peers on every data set, results compared byte for byte.
 *
 * @module
 */
import type { Pack } from "../lib/corpus.js";
import { type Decode, decodersFor, OURS } from "../lib/decoders.js";
import type { Host, Row, SuiteResult } from "../lib/host.js";
import { measure } from "../lib/measure.js";
import { rateRow, roundsOf } from "../lib/rows.js";
import { copyRow } from "./copy.js";

export async function runCodecs(host: Host): Promise<SuiteResult> {
  const { quick, only } = host.options;
  const rows: Row[] = [];
  const warnings: string[] = [];
  if (host.native === undefined)
    warnings.push("No native decoders: every goal against native is unmeasured.");
  for (const pack of host.manifest.packs) {
    const name = `${pack.encoding} ${pack.set}`;
    if (only !== undefined && !name.includes(only)) continue;
    host.say(name);
    const chunks = await loadChunks(host, pack);
    const raw = await host.load(`${pack.set}.raw`);
    const decoders = await decodersFor(pack.encoding, pack.chunkBytes);
    await dropWrong(name, decoders, chunks, raw, warnings);
    const alternatives = Object.fromEntries(
      Object.entries(decoders).map(([key, decode]) => [
        key,
        () => decodeAll(decode, chunks, pack.chunkBytes),
      ]),
    );
    const elsewhere: Record<string, (sampleMs: number) => Promise<number>> = {};
    if (host.native !== undefined) {
      const answer = await host.native(`load ${pack.set} ${pack.encoding}`);
      if (answer === "ok")
        elsewhere.native = async (sampleMs) => Number(await host.native!(`run ${sampleMs}`));
      else warnings.push(`${name}: no native decoder (${answer}).`);
    }
    const samples = await measure(alternatives, roundsOf(quick), elsewhere);
    const notes = { compression: Number((raw.length / sum(pack.lengths)).toFixed(2)) };
    rows.push(rateRow(name, samples, { units: raw.length, unit: "GB/s", own: OURS, notes }));
  }
  rows.push(await copyRow(host));
  return { rows, warnings, facts: {} };
}

async function loadChunks(host: Host, pack: Pack): Promise<Uint8Array[]> {
  const bytes = await host.load(`${pack.set}.${pack.encoding}.pack`);
  let at = 0;
  return pack.lengths.map((length) => {
    at += length;
    return bytes.slice(at - length, at);
  });
}

/** A decoder that is wrong here is reported and not timed. */
async function dropWrong(
  name: string,
  decoders: Record<string, Decode>,
  chunks: readonly Uint8Array[],
  raw: Uint8Array,
  warnings: string[],
): Promise<void> {
  const chunkBytes = raw.length / chunks.length;
  for (const [key, decode] of Object.entries(decoders)) {
    try {
      for (const [index, chunk] of chunks.entries()) {
        const got = await decode(chunk, chunkBytes);
        const wanted = raw.subarray(index * chunkBytes, (index + 1) * chunkBytes);
        const differs = got.length === wanted.length ? got.findIndex((byte, i) => byte !== wanted[i]) : 0;
        if (differs >= 0) throw new Error(`chunk ${index} differs at byte ${differs}`);
      }
    } catch (thrown) {
      if (key === OURS) throw thrown;
      warnings.push(
        `${name}: ${key} is wrong or refuses and was not timed (${String(thrown).slice(0, 100)}).`,
      );
      delete decoders[key];
    }
  }
}

function decodeAll(decode: Decode, chunks: readonly Uint8Array[], length: number): Promise<void> | undefined {
  for (const [index, chunk] of chunks.entries()) {
    const result = decode(chunk, length);
    if (result instanceof Promise) return result.then(() => decodeRest(decode, chunks, index + 1, length));
  }
  return undefined;
}

async function decodeRest(
  decode: Decode,
  chunks: readonly Uint8Array[],
  from: number,
  length: number,
): Promise<void> {
  for (let i = from; i < chunks.length; i++) await decode(chunks[i]!, length);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
