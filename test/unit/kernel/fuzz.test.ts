import { describe, expect, it } from "vitest";
import { fuzz } from "../../fuzz/run.js";
import { fuzzCodecs } from "../../fuzz/samples.js";

/** A taste of `npm run fuzz`, which does 100,000 of each. */
const COUNT = 400;

describe("decoders on damaged input", () => {
  it.each(fuzzCodecs)(
    "%s neither traps nor strays, nor passes wrong bytes under a checksum",
    async (codec) => {
      const report = await fuzz({ codec, seed: 20, count: COUNT });
      expect(report.failures).toEqual([]);
      expect(report.inputs).toBe(COUNT);
      // Damage is neither always noticed at once nor without effect, or it would not reach the decoder.
      expect(report.refused).toBeGreaterThan(COUNT / 2);
      expect(report.refused).toBeLessThan(COUNT);
    },
  );
});
