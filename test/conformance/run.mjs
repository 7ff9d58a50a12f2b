// @ts-check
/**
 * @module
 * `CLOUDCROP_CORPORA=<folder> node test/conformance/run.mjs [--corpus NAME]… [--write]`: reads public test data of others with the library and prints
 * what is read, refused by name, and wrong. The folder holds the checkouts under the corpora's names (default: `.cache/corpora`, which git
 * ignores). `--write` puts the table into docs/formats/zarr.md, and takes all corpora. Ends with 1 on a defect, and when there was nothing
 * to check.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { requireNode } from "../../scripts/lib/node-version.mjs";

requireNode();
const { ROOT } = await import("../../scripts/lib/run.mjs");
const { openSources } = await import("../../scripts/lib/sources.mjs");

const { values } = parseArgs({
  options: { corpus: { type: "string", multiple: true }, write: { type: "boolean" } },
});
const folder = resolve(process.env.CLOUDCROP_CORPORA || join(ROOT, ".cache", "corpora"));

const sources = await openSources();
try {
  const { corpora } = await sources.load("test/conformance/corpora.ts");
  const names = corpora.map((/** @type {{ name: string }} */ corpus) => corpus.name);
  const unknown = values.corpus?.find((name) => !names.includes(name));
  if (unknown === undefined) await main();
  else {
    console.error(`There is no corpus ${unknown}. There are: ${names.join(", ")}.`);
    process.exitCode = 1;
  }
} finally {
  await sources.close();
}

async function main() {
  const { runConformance } = await sources.load("test/conformance/run.ts");
  const only = values.corpus === undefined ? {} : { only: values.corpus };
  const { cases, defects, absent, summary } = await runConformance({ folder, ...only, print: console.log });
  console.log(`\n${cases} cases, ${defects} defects`);
  if (absent.length > 0) console.log(`!!! ABSENT below the folder CLOUDCROP_CORPORA: ${absent.join(", ")}`);
  if (cases === 0)
    console.error("Nothing was checked: no corpus is there. See docs/formats/zarr.md, Conformance.");
  if (defects > 0 || cases === 0) process.exitCode = 1;
  if (values.write !== true) return;
  if (absent.length > 0 || values.corpus !== undefined) {
    console.error("Nothing was written: the table is one of all corpora.");
    process.exitCode = 1;
    return;
  }
  const { withSummary } = await sources.load("test/conformance/report.ts");
  const document = join(ROOT, "docs", "formats", "zarr.md");
  const day = new Date().toISOString().slice(0, 10);
  const notes = [`Run of ${day}:`, `${cases} cases, ${defects === 0 ? "no defect" : `${defects} defects`}.`];
  writeFileSync(document, withSummary(readFileSync(document, "utf8"), summary, notes));
}
