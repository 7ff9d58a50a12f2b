/**
 * Builds the kernels: `wasm/assembly/index.ts` → `wasm/build/kernels.wasm` (not committed), the same
 * bytes inlined in `src/kernel/generated/kernels.ts`, and `wasm/manifest.json` (size, gzip, sha256).
 * `--verify` rebuilds and compares with what is committed, and writes only `wasm/build/`.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import asc from "assemblyscript/asc";

// docs/design/wasm.md §5
const BUDGET_BYTES = 64 * 1024;
const BUDGET_GZIP_BYTES = 25 * 1024;

const root = fileURLToPath(new URL("..", import.meta.url));
const wasmPath = `${root}wasm/build/kernels.wasm`;
const manifestPath = `${root}wasm/manifest.json`;
const inlinedPath = `${root}src/kernel/generated/kernels.ts`;

const module = await compile();
const manifest = {
  size: module.length,
  gzip: gzipSync(module, { level: 9 }).length,
  sha256: createHash("sha256").update(module).digest("hex"),
};
const inlined = [
  "// Written by wasm/build.mjs from wasm/assembly; do not edit.",
  `export const kernelsBase64: string = "${Buffer.from(module).toString("base64")}";`,
  "",
].join("\n");

await mkdir(`${root}wasm/build`, { recursive: true });
await writeWhole(wasmPath, module);
print(
  `kernels.wasm: ${manifest.size} of ${BUDGET_BYTES} bytes, gzip ${manifest.gzip} of ${BUDGET_GZIP_BYTES}`,
);
if (manifest.size > BUDGET_BYTES || manifest.gzip > BUDGET_GZIP_BYTES) fail("the module is over its budget");

if (process.argv.includes("--verify")) {
  const committed = JSON.parse(await readFile(manifestPath, "utf8"));
  if (committed.sha256 !== manifest.sha256)
    fail("wasm/manifest.json is stale: run `npm run wasm` and commit");
  if ((await readFile(inlinedPath, "utf8")) !== inlined) {
    fail("src/kernel/generated/kernels.ts is stale: run `npm run wasm` and commit");
  }
  print("the committed module is what its sources build");
} else {
  await mkdir(`${root}src/kernel/generated`, { recursive: true });
  await writeWhole(manifestPath, `${JSON.stringify(manifest, undefined, 2)}\n`);
  await writeWhole(inlinedPath, inlined);
}

/** The bytes of the module. Runs the compiler in this process, so nothing but `node` is needed. */
async function compile() {
  let output;
  const { error, stderr } = await asc.main(
    [
      "wasm/assembly/index.ts",
      "--outFile=kernels.wasm",
      "--runtime=stub",
      "--optimizeLevel=3",
      "--shrinkLevel=0",
      "--converge",
      "--noAssert",
      "--enable=simd",
      "--enable=bulk-memory",
    ],
    {
      readFile: (name, baseDirectory) => readFile(`${baseDirectory}/${name}`, "utf8").catch(() => null),
      writeFile: (name, contents) => {
        if (name.endsWith("kernels.wasm")) output = contents;
      },
      baseDir: root,
    },
  );
  if (error || !output) fail(`the compiler refused the sources\n${stderr}`);
  return output;
}

/** Writes beside the file, then renames: a reader never sees half of it. */
async function writeWhole(path, contents) {
  const part = `${path}.${process.pid}.part`;
  await writeFile(part, contents);
  await rename(part, path);
}

function print(line) {
  process.stdout.write(`${line}\n`);
}

function fail(reason) {
  process.stderr.write(`wasm/build.mjs: ${reason}\n`);
  process.exit(1);
}
