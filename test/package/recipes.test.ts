/**
 * The recipes of docs/recipes.md, bundled for a browser by Vite as a user's page would be.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Rollup } from "vite";
import { beforeAll, describe, expect, it } from "vitest";
import { listExports } from "../../scripts/lib/exports.mjs";
import { run } from "../../scripts/lib/run.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const text = readFileSync(new URL("../../docs/recipes.md", import.meta.url), "utf8");
const samples = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);

interface Bundle {
  readonly chunks: readonly Rollup.OutputChunk[];
  readonly warnings: readonly string[];
}

/** The page's modules, and what Vite had to say. */
async function bundle(code: string): Promise<Bundle> {
  const warnings: string[] = [];
  const entry = "virtual:page.ts";
  const result = await build({
    configFile: false,
    root,
    logLevel: "silent",
    resolve: {
      alias: listExports(root).map(({ id, built }) => ({ find: new RegExp(`^${id}$`), replacement: built })),
    },
    plugins: [
      {
        name: "page",
        resolveId: (id) => (id === entry ? `\0${entry}` : undefined),
        load: (id) => (id === `\0${entry}` ? `${code}\nexport {};` : undefined),
      },
    ],
    worker: { format: "es" },
    build: {
      write: false,
      target: "es2023",
      rolldownOptions: {
        input: entry,
        onwarn: ({ message }) => void warnings.push(message),
      },
    },
  });
  const outputs = (Array.isArray(result) ? result : [result]) as Rollup.RollupOutput[];
  const chunks = outputs.flatMap(({ output }) => output).filter((output) => output.type === "chunk");
  return { chunks, warnings };
}

beforeAll(async () => {
  if (existsSync(new URL("../../dist/store/aws-sdk.js", import.meta.url))) return;
  await run(process.execPath, ["scripts/build.mjs", "--library"], { cwd: root });
}, 120_000);

describe("docs/recipes.md", () => {
  it("has recipes", () => {
    expect(samples.length).toBeGreaterThan(6);
  });

  it.each(samples.map((code) => [code.match(/^.*open\(.*$/m)?.[0] ?? code, code]))(
    "bundles for a page: %s",
    async (_name, code) => {
      const { chunks, warnings } = await bundle(code);
      expect(warnings.filter((warning) => /externalized|unresolved/i.test(warning))).toEqual([]);
      const entry = chunks.find(({ isEntry }) => isEntry)!;
      expect(entry.code).not.toContain("__vite-browser-external");
    },
    60_000,
  );

  it("keeps the named credentials' package and Node's modules out of pages", async () => {
    const { chunks } = await bundle(samples.find((code) => code.includes("credentials"))!);
    const modules = chunks.flatMap(({ moduleIds }) => moduleIds);
    expect(modules.some((id) => id.includes("named-credentials"))).toBe(true);
    expect(modules.filter((id) => /@aws-sdk|@smithy|browser-external/.test(id))).toEqual([]);
  });

  it("loads little of Cognito before keys are wanted", async () => {
    const cognito = samples.find((code) => code.includes("fromCognitoIdentityPool"))!;
    const { chunks } = await bundle(cognito);
    const entry = chunks.find(({ isEntry }) => isEntry)!;
    const eager = new Set<string>([entry.fileName]);
    for (const name of eager) {
      for (const next of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) eager.add(next);
    }
    const bytes = chunks
      .filter(({ fileName }) => eager.has(fileName))
      .reduce((sum, { code }) => sum + gzipSync(code).length, 0);
    expect(chunks.some(({ moduleIds }) => moduleIds.some((id) => id.includes("cognito-identity")))).toBe(
      true,
    );
    expect(bytes).toBeLessThan(20_000);
  });
});
