/**
 * The decoders in numcodecs' shape: its own streams and cases, and zarrita with every one of them in its registry.
 */
import { readFileSync } from "node:fs";
import * as numcodecs from "numcodecs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as zarr from "zarrita";
import { Crc32c, codecs } from "../../../src/codec/numcodecs.js";
import { isReaderError } from "../../../src/core/error.js";
import * as ours from "../../../src/exports/numcodecs.js";
import { MemoryStore } from "../../../src/store/memory.js";
import { NodeFsStore } from "../../../src/store/node-fs.js";
import { ZipStore } from "../../../src/store/zip.js";
import { type Fixture, loadFixture, type ZarrAnswers } from "../../support/fixtures.js";
import { type CodecCase, loadCases, makeInput } from "../kernel/codec-cases.js";

const sample = Uint8Array.from({ length: 5000 }, (_, index) => (index * index) >> 6);

/** One encoded array of bytes per codec: by numcodecs for JavaScript, by numcodecs for Python. */
interface Sample {
  readonly configuration: Record<string, unknown>;
  readonly encoded: Uint8Array;
  readonly decoded: Uint8Array;
}

const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

function pythonSamples(): (Sample & { readonly codec: string })[] {
  const file = new URL("../../fixtures/codecs/filters/cases.json", import.meta.url);
  const cases = JSON.parse(readFileSync(file, "utf8")) as {
    codec: string;
    configuration: Sample["configuration"];
    encoded: string;
    decoded: string;
  }[];
  return cases
    .filter(({ codec }) => codecs.has(codec))
    .map((row) => ({ ...row, encoded: fromHex(row.encoded), decoded: fromHex(row.decoded) }));
}

async function sampleOf(name: string): Promise<Sample | undefined> {
  const id = name.replace("numcodecs.", "");
  const theirs = [numcodecs.Blosc, numcodecs.GZip, numcodecs.LZ4, numcodecs.Zlib, numcodecs.Zstd].find(
    ({ codecId }) => codecId === id,
  );
  if (id === "bz2") {
    const first = loadCases("bzip2").find(({ size }) => size > 0) as CodecCase;
    const { kind, size, typesize, seed, encoded } = first;
    return { configuration: {}, encoded, decoded: makeInput(kind, size, typesize, seed) };
  }
  if (id === "base64") {
    const encoded = new Uint8Array(Buffer.from(Buffer.from(sample).toString("base64")));
    return { configuration: {}, encoded, decoded: sample };
  }
  if (id === "fletcher32") {
    // A chunk that numcodecs of Python wrote: the data, then its checksum.
    const matrix = new Uint8Array(
      readFileSync(new URL("../../fixtures/zarr-types/v3-matrix.zip", import.meta.url)),
    );
    const store = new ZipStore(new MemoryStore(new Map([["/a.zip", matrix]])), "/a.zip");
    const encoded = (await store.get("/int32/fletcher32/c/0/0"))!;
    return { configuration: {}, encoded, decoded: encoded.slice(0, -4) };
  }
  if (theirs === undefined) return pythonSamples().find(({ codec }) => codec === id);
  const encoded = await theirs.fromConfig({ id }).encode(sample);
  return { configuration: {}, encoded, decoded: sample };
}

describe("beside the package numcodecs", () => {
  const pairs = [
    [ours.Blosc, numcodecs.Blosc, { cname: "zstd", clevel: 5, shuffle: 1 }],
    [ours.GZip, numcodecs.GZip, { level: 4 }],
    [ours.LZ4, numcodecs.LZ4, { acceleration: 1 }],
    [ours.Zlib, numcodecs.Zlib, { level: 4 }],
    [ours.Zstd, numcodecs.Zstd, { level: 3 }],
  ] as const;

  it.each(pairs.map((pair) => [pair[0].codecId, ...pair] as const))(
    "%s decodes what it encodes",
    async (id, mine, theirs, config) => {
      expect(theirs.codecId).toBe(id);
      const packed = await theirs.fromConfig({ ...config, id } as never).encode(sample);
      const codec = mine.fromConfig({ ...config, id });
      expect(await codec.decode(packed)).toEqual(sample);
      const out = new Uint8Array(sample.length + 3);
      expect(await codec.decode(packed, out)).toBe(out);
      expect(out.subarray(0, sample.length)).toEqual(sample);
      await expect(codec.decode(packed, new Uint8Array(10))).rejects.toMatchObject({ code: "codec-failed" });
      await expect(codec.encode(sample)).rejects.toMatchObject({ code: "unsupported" });
      await expect(codec.decode(packed.slice(0, 20))).rejects.toSatisfy((thrown) => isReaderError(thrown));
    },
  );

  it("filters decode what numcodecs of Python encodes", async () => {
    const cases = pythonSamples();
    expect(new Set(cases.map(({ codec }) => codec)).size).toBeGreaterThan(3);
    for (const { codec, configuration, encoded, decoded } of cases) {
      expect(await codecs.get(codec)!.fromConfig(configuration).decode(encoded), codec).toEqual(decoded);
    }
  });

  it("refuses options that make no sense, as the package does", () => {
    expect(() => ours.Crc32.fromConfig({ location: "middle" })).toThrow("location");
  });
});

describe("in zarrita's registry", () => {
  let before: Map<string, unknown>;
  const used = new Set<string>();

  beforeEach(() => {
    before = new Map(zarr.registry);
    used.clear();
    for (const [name, codec] of codecs) {
      zarr.registry.set(name, async () => ({
        fromConfig(config) {
          const made = codec.fromConfig(config);
          const decode = (data: Uint8Array): Promise<Uint8Array> => {
            used.add(name);
            return made.decode(data);
          };
          return { ...made, decode };
        },
      }));
    }
  });
  afterEach(() => {
    zarr.registry.clear();
    for (const [name, entry] of before) zarr.registry.set(name, entry as never);
  });

  async function readAll(name: string): Promise<string[]> {
    const fixture = loadFixture("zarr", name) as Fixture<ZarrAnswers>;
    const root = zarr.root(new NodeFsStore(fixture.path));
    const wrong: string[] = [];
    for (const [path, expected] of Object.entries(fixture.answers.arrays)) {
      try {
        const array = await zarr.open(root.resolve(path), { kind: "array" });
        const { data } = await zarr.get(array);
        const difference = fixture.difference(expected.data, data as ArrayBufferView);
        if (difference !== undefined) wrong.push(`${path}: ${difference}`);
      } catch (thrown) {
        wrong.push(`${path}: ${String((thrown as Error).cause ?? thrown)}`);
      }
    }
    return wrong;
  }

  it.each([...codecs.keys()])("%s decodes a chunk", async (name) => {
    const { configuration, encoded, decoded } = (await sampleOf(name)) ?? {};
    if (encoded === undefined) throw new Error(`no sample of ${name}; sampleOf() needs one for a new codec`);
    const metadata = {
      zarr_format: 3,
      node_type: "array",
      shape: [decoded!.length],
      data_type: "uint8",
      chunk_grid: { name: "regular", configuration: { chunk_shape: [decoded!.length] } },
      chunk_key_encoding: { name: "default" },
      fill_value: 0,
      codecs: [{ name: "bytes" }, { name, configuration }],
      attributes: {},
    };
    const store = new Map([
      ["/zarr.json", new TextEncoder().encode(JSON.stringify(metadata))],
      ["/c/0", encoded],
    ] as const);
    const { data } = await zarr.get(await zarr.open(store, { kind: "array" }));
    expect(data).toEqual(decoded);
    expect([...used]).toEqual([name]);
  });

  it("they read what zarr-python wrote, under every name it writes", async () => {
    // zarrita's own `delta` overlooks `astype`.
    expect((await readAll("v2-codecs")).filter((line) => !line.startsWith("delta-narrow"))).toEqual([]);
    expect(await readAll("v3-numcodecs")).toEqual([]);
    const wrong = await readAll("v3-codecs");
    // zarrita's own `bytes` and `transpose` have the last word on these.
    expect(wrong.filter((line) => !/^(big-endian|transpose)/.test(line))).toEqual([]);
    expect([...used].sort()).toEqual(
      expect.arrayContaining([
        "blosc",
        "crc32c",
        "gzip",
        "numcodecs.blosc",
        "numcodecs.gzip",
        "numcodecs.lz4",
        "numcodecs.shuffle",
        "numcodecs.zlib",
        "numcodecs.zstd",
        "zstd",
      ]),
    );
  });

  it("checksums are verified, and tell how long a shard's index is", async () => {
    const codec = Crc32c.fromConfig();
    expect(codec.computeEncodedSize?.(100)).toBe(104);
    await expect(codec.decode(new Uint8Array(20).fill(7))).rejects.toMatchObject({ code: "corrupt" });
    expect(await readAll("v3-sharded").then((wrong) => wrong.map((line) => line.split(":")[0]))).toEqual(
      expect.not.arrayContaining([
        "plain",
        "crc32c",
        "index-start",
        "zstd",
        "gzip-index-start",
        "holes",
        "blosc",
      ]),
    );
    expect(used).toContain("crc32c");
  });
});
