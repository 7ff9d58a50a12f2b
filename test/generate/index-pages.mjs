// @ts-check
/**
 * Records the index pages of the web servers that are installed: `node test/generate/index-pages.mjs`. Needs nginx,
 * Apache and lighttpd (`apt-get install --no-install-recommends nginx-light apache2-bin lighttpd`); what is not there
 * keeps its recorded page.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const root = fileURLToPath(new URL("../../", import.meta.url));
const target = fileURLToPath(new URL("../fixtures/index-pages/", import.meta.url));

/** @param {string} file */
const load = async (file) =>
  (await runnerImport(`${root}test/support/${file}`, { root, logLevel: "error" })).module;
const { hasWebServer, startWebServer, webServers } = await load("web-servers.ts");
const { writeIndexFolder } = await load("index-folder.ts");

mkdirSync(target, { recursive: true });
const { folder, remove } = await writeIndexFolder();
for (const name of webServers) {
  if (!hasWebServer(name)) {
    console.log(`${name} is not installed`);
    continue;
  }
  const server = await startWebServer(name, folder);
  for (const [path, page] of [
    ["", "root"],
    ["data/c/0/", "leaf"],
  ]) {
    const response = await fetch(server.url + path);
    const kind = name.endsWith("json") ? "json" : "html";
    writeFileSync(`${target}${name}.${page}.${kind}`, await response.text());
  }
  await server.close();
  console.log(`${name} recorded`);
}
await remove();
