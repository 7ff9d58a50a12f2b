import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { numbersOf } from "../../../src/bytes/ragged.js";
import { decodeChunk } from "../../../src/codec/pipeline.js";
import type { DataType } from "../../../src/core/dtype.js";
import type { JsonObject } from "../../../src/core/json.js";
import type { CodecSpec } from "../../../src/core/plan.js";
import { type Kernels, loadKernels } from "../../../src/kernel/kernel.js";
import { twinKernels } from "../../../src/kernel/twin/kernels.js";
import { allCodecs } from "../../support/all-codecs.js";

/** Written by test/generate/codecs-inflate.py with numcodecs. */
interface FilterCase {
  readonly codec: string;
  readonly configuration: JsonObject;
  readonly dtype: DataType;
  readonly decoded: string;
  readonly encoded: string;
}

const cases = JSON.parse(
  readFileSync(new URL("../../fixtures/codecs/filters/cases.json", import.meta.url), "utf8"),
) as FilterCase[];
const named = cases.map(
  (row) => [`${row.codec} ${JSON.stringify(row.configuration)} ${row.dtype}`, row] as const,
);
const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

describe("numcodecs' filters", () => {
  it.each(named)("%s decodes to what was encoded, in the module and in its twin", (_, row) => {
    const little: CodecSpec = { name: "bytes", configuration: { endian: "little" } };
    const filter: CodecSpec = { name: `numcodecs.${row.codec}`, configuration: row.configuration };
    const codecs = row.codec === "delta" ? [filter, little] : [little, filter];
    for (const used of [kernels, twinKernels]) {
      const decode = (bytes: Uint8Array, shape?: number[]) =>
        decodeChunk(bytes, codecs, shape ? { dtype: row.dtype, shape } : { dtype: row.dtype }, {
          kernels: used,
          label: "x",
          registry: allCodecs,
        });
      const values = numbersOf(decode(fromHex(row.encoded)).values);
      expect(Buffer.from(values.buffer as ArrayBuffer).toString("hex")).toBe(row.decoded);
      expect(decode(fromHex(row.encoded), [values.length]).values).toEqual(values);
    }
  });
});
