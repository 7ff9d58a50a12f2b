/**
 * The small kernels against their TypeScript twins, and how soon the module is ready.
 *
 * @module
 */
import { compileKernels } from "../../src/kernel/compile.js";
import { loadKernels } from "../../src/kernel/kernel.js";
import { bitUnshuffleTwin } from "../../src/kernel/twin/bitshuffle.js";
import { adler32, crc32, crc32c } from "../../src/kernel/twin/checksum.js";
import { unshuffle } from "../../src/kernel/twin/unshuffle.js";
import type { Host, Row, SuiteResult } from "../lib/host.js";
import { measure } from "../lib/measure.js";
import { createRandom } from "../lib/random.js";
import { createRawKernels } from "../lib/raw-kernels.js";
import { rateRow, roundsOf, valueRow } from "../lib/rows.js";
import { boxRows, decodeAndFilterRows } from "./box.js";
import { copyRow } from "./copy.js";

/** A block of blosc at its usual size. */
const BLOCK_BYTES = 1 << 18;

export async function runKernels(host: Host): Promise<SuiteResult> {
  const parts: (() => Promise<Row[]>)[] = [
    () => shuffleRows(host),
    () => checksumRows(host),
    () => boxRows(host),
    () => decodeAndFilterRows(host),
    () => moduleRows(),
    () => firstDecodeRows(host),
    async () => [await copyRow(host)],
  ];
  const rows: Row[] = [];
  for (const part of parts) rows.push(...(await part()));
  const { only } = host.options;
  return {
    rows: only === undefined ? rows : rows.filter(({ name }) => name.includes(only)),
    warnings: [],
    facts: {},
  };
}

async function shuffleRows(host: Host): Promise<Row[]> {
  const raw = await createRawKernels(BLOCK_BYTES, BLOCK_BYTES);
  const kernels = await loadKernels();
  const bytes = noise();
  raw.bytes.set(bytes, raw.input);
  const rows: Row[] = [];
  const bitRows: Row[] = [];
  const run = (name: string, itemBytes: number) =>
    raw.exports[name]!(raw.input, BLOCK_BYTES, itemBytes, raw.output);
  const result = (): Uint8Array => raw.bytes.slice(raw.output, raw.output + BLOCK_BYTES);
  for (const itemBytes of [2, 4, 8]) {
    host.say(`unshuffle ${itemBytes}`);
    run("unshuffle", itemBytes);
    expectEqual("unshuffle", result(), unshuffle(bytes, itemBytes));
    const samples = await measure(
      {
        "in place": () => run("unshuffle", itemBytes),
        fresh: () => kernels.unshuffle(bytes, itemBytes),
        twin: () => unshuffle(bytes, itemBytes),
      },
      roundsOf(host.options.quick),
    );
    rows.push(
      rateRow(`unshuffle ${itemBytes}`, samples, { units: BLOCK_BYTES, unit: "GB/s", own: "in place" }),
    );

    run("bitunshuffle", itemBytes);
    expectEqual("bitunshuffle", result(), bitUnshuffleTwin(bytes, itemBytes));
    const bitSamples = await measure(
      {
        "in place": () => run("bitunshuffle", itemBytes),
        twin: () => bitUnshuffleTwin(bytes, itemBytes),
      },
      roundsOf(host.options.quick),
    );
    bitRows.push(
      rateRow(`bit-unshuffle ${itemBytes}`, bitSamples, {
        units: BLOCK_BYTES,
        unit: "GB/s",
        own: "in place",
      }),
    );
  }
  return [...rows, ...bitRows];
}

async function checksumRows(host: Host): Promise<Row[]> {
  host.say("checksums");
  const raw = await createRawKernels(BLOCK_BYTES, 0);
  const kernels = await loadKernels();
  const bytes = noise();
  raw.bytes.set(bytes, raw.input);
  const sums = {
    crc32: { twin: crc32, seed: 0 },
    crc32c: { twin: crc32c, seed: 0 },
    adler32: { twin: adler32, seed: 1 },
  };
  const rows: Row[] = [];
  for (const [name, { twin, seed }] of Object.entries(sums)) {
    const inPlace = (): number => raw.exports[name]!(raw.input, BLOCK_BYTES, seed) >>> 0;
    if (inPlace() !== twin(bytes)) throw new Error(`${name} is wrong`);
    const samples = await measure(
      {
        "in place": inPlace,
        "with copy in": () => kernels[name as keyof typeof sums](bytes),
        twin: () => twin(bytes),
      },
      roundsOf(host.options.quick),
    );
    rows.push(rateRow(name, samples, { units: BLOCK_BYTES, unit: "GB/s", own: "in place" }));
  }
  return rows;
}

/** What the package carries. */
async function moduleRows(): Promise<Row[]> {
  const { kernelsBase64 } = await import("../../src/kernel/generated/kernels.js");
  const bytes = Uint8Array.from(atob(kernelsBase64), (character) => character.charCodeAt(0));
  const zipped = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  const { byteLength } = await new Response(zipped).arrayBuffer();
  return [valueRow("module", "KiB", { KiB: [bytes.length / 1024], "KiB gzip": [byteLength / 1024] })];
}

/** Compiles and instantiates anew, as a fresh worker does, and decodes twice. */
async function firstDecodeRows(host: Host): Promise<Row[]> {
  const rows: Row[] = [];
  for (const encoding of ["blosc-lz4-shuffle", "zstd-3", "gzip-5"]) {
    const pack = host.manifest.packs.find((one) => one.encoding === encoding && one.set === "lidar-f32")!;
    const chunk = (await host.load(`lidar-f32.${encoding}.pack`)).slice(0, pack.lengths[0]);
    const codec = encoding.startsWith("blosc") ? "blosc" : encoding.startsWith("zstd") ? "zstd" : "gzip";
    const values: Record<string, number[]> = { compile: [], first: [], second: [], extra: [] };
    for (let i = 0; i < (host.options.quick ? 3 : 9); i++) {
      const compiling = performance.now();
      const module = await compileKernels();
      values.compile!.push(performance.now() - compiling);
      const kernels = await loadKernels(module);
      for (const which of ["first", "second"]) {
        const start = performance.now();
        kernels.decode(codec, chunk, pack.chunkBytes);
        values[which]!.push(performance.now() - start);
      }
      values.extra!.push(values.first!.at(-1)! - values.second!.at(-1)!);
    }
    rows.push(valueRow(`first decode ${encoding}`, "ms", values));
  }
  return rows;
}

function noise(): Uint8Array {
  const random = createRandom(3);
  return Uint8Array.from({ length: BLOCK_BYTES }, () => random() * 256);
}

function expectEqual(name: string, got: Uint8Array, wanted: Uint8Array): void {
  const at = got.findIndex((byte, i) => byte !== wanted[i]);
  if (at >= 0 || got.length !== wanted.length) throw new Error(`${name} is wrong at byte ${at}`);
}
