// @ts-check
/**
 * @module
 * `PYTHON=<interpreter with requirements-arrow.txt> node test/conformance/arrow.mjs`: writes tables of `cloudcrop/arrow` as IPC files, and
 * has pyarrow and geoarrow read and check them (`arrow.py`).
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requireNode } from "../../scripts/lib/node-version.mjs";

requireNode();
const { ROOT } = await import("../../scripts/lib/run.mjs");
const { openSources } = await import("../../scripts/lib/sources.mjs");

const folder = join(ROOT, ".cache", "arrow");
mkdirSync(folder, { recursive: true });
const sources = await openSources();
try {
  const { toArrow } = await sources.load("src/arrow/to-arrow.ts");
  const { arrowSamples } = await sources.load("test/support/arrow-samples.ts");
  // The module the sources load: a table of another copy of it could not be written.
  const { tableToIPC } = await import("apache-arrow");
  const info = { crs: "EPSG:25830", name: "air", fields: [{ name: "ok", dtype: "bool" }] };
  for (const [name, table] of Object.entries(arrowSamples)) {
    writeFileSync(join(folder, `${name}.arrow`), tableToIPC(toArrow(table, { info }), "file"));
  }
} finally {
  await sources.close();
}
const python = process.env.PYTHON ?? "python3";
const { status } = spawnSync(python, [join(ROOT, "test/conformance/arrow.py"), folder], { stdio: "inherit" });
process.exitCode = status ?? 1;
