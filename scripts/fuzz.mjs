// @ts-check
/**
 * @module
 * `npm run fuzz -- [--seed N] [--count N] [--codec NAME]… [--from N]`: mutated inputs for the decoders. 100,000 of each codec by default.
 * `--codec stores` damages metadata, shard indexes and chunks of whole Zarr stores instead; `--store FAMILY` damages one file of each
 * fixture of a family (tiledb, zarr-vectors …), 1,000 by default; with `--page` under the rules of a page of another origin.
 * A failure names its input's number, and `--from <number> --count 1` with the same seed makes it again.
 */
import { parseArgs } from "node:util";
import { requireNode } from "./lib/node-version.mjs";

requireNode();
const { openSources } = await import("./lib/sources.mjs");

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string" },
    from: { type: "string", default: "0" },
    codec: { type: "string", multiple: true },
    store: { type: "string" },
    page: { type: "boolean", default: false },
  },
});
const defaultCount = values.store === undefined ? 100_000 : 1000;
const [seed, count, from] = [values.seed, values.count ?? defaultCount, values.from].map(Number);

const sources = await openSources();
try {
  const { fuzz } = await sources.load("test/fuzz/run.ts");
  const { fuzzCodecs } = await sources.load("test/fuzz/samples.ts");
  const codecs = values.codec ?? fuzzCodecs;
  const unknown = codecs.find(
    (/** @type {string} */ codec) => codec !== "stores" && !fuzzCodecs.includes(codec),
  );
  if (values.store !== undefined) {
    const { fuzzFixtures } = await sources.load("test/fuzz/fixture-stores.ts");
    const { outcomes, slowestMs, ways, failures } = await fuzzFixtures({
      ...{ family: values.store, seed, count, from, isPage: values.page },
    });
    const slowest = `slowest ${Math.round(slowestMs)} ms`;
    console.log(`${values.store}: ${JSON.stringify(outcomes)}; ${slowest}; ${failures.length} failures`);
    if (values.page) console.log(`  requests: ${JSON.stringify(ways)}`);
    for (const { index, what } of failures) console.log(`  !! ${index}: ${what}`);
    if (failures.length > 0) process.exitCode = 1;
  } else if (unknown !== undefined || [seed, count, from].some((value) => !Number.isInteger(value))) {
    console.error(
      unknown === undefined
        ? "--seed, --count and --from take whole numbers."
        : `There is no codec ${unknown} to fuzz. There are: ${fuzzCodecs.join(", ")}.`,
    );
    process.exitCode = 1;
  } else {
    console.log(`seed ${seed}, ${count} inputs of each codec from ${from}`);
    for (const codec of codecs) {
      if (codec === "stores") await fuzzWholeStores();
      else report(await fuzz({ codec, seed, count, from }));
    }
  }
} finally {
  await sources.close();
}

async function fuzzWholeStores() {
  const { fuzzStores } = await sources.load("test/fuzz/stores.ts");
  const { cases, read, refused, slowestMs, failures } = await fuzzStores({ seed, count, from });
  console.log(
    `stores   ${cases} cases: ${read} read, ${refused} refused; slowest ${slowestMs.toFixed(0)} ms; ${failures.length} failures`,
  );
  for (const failure of failures) console.log(`  !! ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

/** @param {import("../test/fuzz/run.js").FuzzReport} result */
function report({ codec, inputs, refused, same, agreed, other, slowestMs, slowest, failures }) {
  const counts = `${inputs} inputs: ${refused} refused, ${same} unharmed, ${agreed} as another decoder, ${other} other`;
  console.log(
    `${codec.padEnd(8)} ${counts}; slowest ${slowestMs.toFixed(2)} ms (${slowest}); ${failures.length} failures`,
  );
  for (const failure of failures) console.log(`  !! ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}
