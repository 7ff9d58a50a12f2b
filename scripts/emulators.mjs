// @ts-check
/**
 * @module
 * `node scripts/emulators.mjs`: installs the emulators of Azure Blob and Google Cloud Storage that test/contract/emulators.test.ts
 * reads from, into the ignored `.cache/`. On demand, because the first is 365 MB of modules and the second needs Go.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, runMain, say } from "./lib/run.mjs";

const AZURITE = "azurite@3.37.0";
const FAKE_GCS = "github.com/fsouza/fake-gcs-server@v1.54.0";

runMain(async () => {
  const azurite = join(ROOT, ".cache", "azurite");
  mkdirSync(azurite, { recursive: true });
  writeFileSync(join(azurite, "package.json"), '{ "private": true }\n');
  say(`Installing ${AZURITE} …`);
  execFileSync("npm", ["install", AZURITE, "--no-audit", "--no-fund"], { cwd: azurite, stdio: "inherit" });
  const go = join(ROOT, ".cache", "go");
  mkdirSync(go, { recursive: true });
  say(`Installing ${FAKE_GCS} …`);
  try {
    const env = { ...process.env, GOBIN: join(go, "bin"), GOPATH: join(go, "path"), GOFLAGS: "-modcacherw" };
    execFileSync("go", ["install", FAKE_GCS], { env, stdio: "inherit" });
  } catch (error) {
    say(`Without Go the tests of Google Cloud Storage run on the fixture server only (${error}).`);
  }
});
