/**
 * The samples of the documentation compile against the package as a user imports it.
 */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);

/** What samples use that their reader has. */
const given = `
declare const accessKeyId: string;
declare const secretAccessKey: string;
declare const token: string;
declare const input: HTMLInputElement;
declare const page: HTMLElement;
declare const directoryHandle: FileSystemDirectoryHandle;
`;
/** What one sample takes from another. */
const carried: Readonly<Record<string, string>> = {
  "workerChunks()": 'import type { Readable } from "zarrita";\ndeclare const store: Readable;\n',
};

function samplesOf(file: string): { name: string; text: string }[] {
  const text = readFileSync(root + file, "utf8");
  return [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, sample], index) => {
    const more = Object.entries(carried).flatMap(([sign, lines]) => (sample!.includes(sign) ? [lines] : []));
    return { name: `${file.replace(/\W/g, "-")}-${index}.ts`, text: more.join("") + sample! };
  });
}

it("README and recipes", { timeout: 120_000 }, async () => {
  const folder = `${root}.cache/samples/`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const samples = [...samplesOf("README.md"), ...samplesOf("docs/recipes.md")];
  expect(samples.length).toBeGreaterThan(8);
  // A sample that follows on another has no import of its own.
  for (const { name, text } of samples) {
    const opens =
      /^import .*\bopen\b/m.test(text) || !/\bopen\(/.test(text) ? "" : 'import { open } from "cloudcrop";\n';
    writeFileSync(folder + name, `${opens}${text}\nexport {};\n`);
  }
  writeFileSync(`${folder}given.d.ts`, given);
  const config = {
    extends: "../../tsconfig.json",
    compilerOptions: { noUnusedLocals: false, rootDir: "../.." },
    include: ["*.ts"],
    exclude: [],
  };
  writeFileSync(`${folder}tsconfig.json`, JSON.stringify(config));
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  const { stdout } = await run(process.execPath, [tsc, "-p", folder], { cwd: root }).catch(
    (failed: { stdout: string }) => failed,
  );
  expect(stdout).toBe("");
});
