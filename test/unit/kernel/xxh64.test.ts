import { beforeAll, describe, expect, it } from "vitest";
import { loadRaw, type RawModule } from "../../support/wasm.js";
import { loadZstdCases, makeContent } from "./zstd-cases.js";

let raw: RawModule;
beforeAll(async () => {
  raw = await loadRaw();
});

function xxh64(bytes: Uint8Array, seed = 0n): string {
  raw.reserve(raw.base + bytes.length + 64).set(bytes, raw.base);
  const hash = (raw.exports.xxh64 as (ptr: number, len: number, seed: bigint) => bigint)(
    raw.base,
    bytes.length,
    seed,
  );
  return BigInt.asUintN(64, hash).toString(16).padStart(16, "0");
}

describe("xxh64", () => {
  it("agrees with the reference implementation on every recorded content", () => {
    const cases = loadZstdCases();
    expect(new Set(cases.map((one) => one.xxh64)).size).toBeGreaterThan(100);
    for (const one of cases) {
      expect(xxh64(makeContent(one.kind, one.size, one.seed)), one.name).toBe(one.xxh64);
    }
  });

  it("takes a seed", () => {
    const digits = new TextEncoder().encode("0123456789".repeat(10));
    for (const [length, seed, hash] of SEEDED) expect(xxh64(digits.subarray(0, length), seed)).toBe(hash);
  });
});

// python-xxhash 4.1.0: xxh64(("0123456789" * 10)[:length], seed).hexdigest()
const SEEDED: [number, bigint, string][] = [
  [0, 0x0n, "ef46db3751d8e999"],
  [0, 0x1n, "d5afba1336a3be4b"],
  [3, 0x9e3779b1n, "c89e5e0d039cfb83"],
  [4, 0x7n, "79ab1d9b66e86be8"],
  [31, 0xffffffffffffffffn, "6fe797c12d12f898"],
  [32, 0x9e3779b1n, "825f19cd7939e3ba"],
  [33, 0x8000000000000000n, "8ee5d48328e9104c"],
  [100, 0x2an, "58877baa90982d65"],
];
