/**
 * Index pages of web servers, as recorded (test/generate/index-pages.mjs) and as the servers that are installed here
 * answer now; and what is not taken for one (docs/formats/listing.md).
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReaderError } from "../../../src/core/error.js";
import { open } from "../../../src/index.js";
import { HttpStore } from "../../../src/store/http.js";
import { parseIndexPage } from "../../../src/store/index-page.js";
import { loadFixture } from "../../support/fixtures.js";
import { indexedFiles, writeIndexFolder } from "../../support/index-folder.js";
import { createS3Server } from "../../support/s3-server/server.js";
import {
  hasWebServer,
  startWebServer,
  type WebServer,
  type WebServerName,
  webServers,
} from "../../support/web-servers.js";

/** What a server keeps from its pages, with the settings it comes with. */
const hides = (name: WebServerName, path: string): boolean => name !== "python" && path.startsWith(".");
const tellsSizes = (name: WebServerName): boolean => name.startsWith("nginx");

const pageUrl = "https://host/some/path/";
const recorded = (name: WebServerName, page: string): string => {
  const kind = name.endsWith("json") ? "json" : "html";
  const file = new URL(`../../fixtures/index-pages/${name}.${page}.${kind}`, import.meta.url);
  return readFileSync(fileURLToPath(file), "utf8");
};

describe.each(webServers)("the recorded page of %s", (name) => {
  it("gives files and folders under their own names, and no other link", () => {
    const expected = new Map<string, boolean>();
    for (const path of Object.keys(indexedFiles)) {
      if (!hides(name, path)) expected.set(path.split("/")[0]!, path.includes("/"));
    }
    const entries = parseIndexPage(recorded(name, "root"), pageUrl)!;
    expect(new Map(entries.map((entry) => [entry.name, entry.isFolder]))).toEqual(expected);
    for (const { name: file, size } of entries) {
      if (size !== undefined) expect(size).toBe(indexedFiles[file]);
    }
    const told = entries.filter(({ size }) => size !== undefined).length;
    expect(told).toBe(tellsSizes(name) ? entries.filter(({ isFolder }) => !isFolder).length : 0);
  });

  it("is refused when it is cut", () => {
    const page = recorded(name, "leaf");
    expect(parseIndexPage(page, pageUrl)).toHaveLength(2);
    for (const keep of [0.3, 0.6, 0.9]) {
      expect(parseIndexPage(page.slice(0, page.length * keep), pageUrl)).toBeUndefined();
    }
  });
});

describe("a page", () => {
  const page = (body: string, title = "Index of /some/path/"): string =>
    `<html><head><title>${title}</title></head><body>${body}</body></html>\n`;
  const names = (body: string): string[] =>
    parseIndexPage(page(body), pageUrl)!.map(({ name, isFolder }) => (isFolder ? `${name}/` : name));

  it("that does not call itself an index is none", () => {
    expect(parseIndexPage(page('<a href="x">x</a>', "My data"), pageUrl)).toBeUndefined();
    expect(parseIndexPage('{"a": "<title>Index of /</title>"}', pageUrl)).toBeUndefined();
    expect(parseIndexPage('["a", "b"]', pageUrl)).toBeUndefined();
    expect(parseIndexPage('[{"name":"../x","type":"file"}]', pageUrl)).toBeUndefined();
  });

  it("leads to direct children only", () => {
    const outside = [
      "../",
      "/",
      "/some/",
      "/some/path/",
      "./",
      "?C=N;O=D",
      "a?version=1",
      "a#part",
      "https://elsewhere/some/path/a",
      "//elsewhere/some/path/a",
      "/some/pathological",
      "b/c",
      "b/c/",
      "..%2Fsecret",
      "b%2Fc",
      "b/../../secret",
      "javascript:alert(1)",
      "mailto:a@b",
      "%E9",
      "http://[broken",
    ];
    expect(names(outside.map((href) => `<a href="${href}">x</a>`).join("\n"))).toEqual([]);
  });

  it("may write its links in any usual way", () => {
    const body =
      "<a href='one'>1</a><A HREF=\"/some/path/two\">2</A><a class='x' href=\"https://host/some/path/three/\">3</a>" +
      '<a href="./four%20four">4</a><a href="five&amp;six">5</a><a href="one">again</a>';
    expect(names(body)).toEqual(["one", "two", "three/", "four four", "five&six"]);
  });

  it("of half a million unclosed links is read in linear time", () => {
    const start = performance.now();
    expect(names("<a ".repeat(500_000))).toEqual([]);
    expect(names('<a href="'.repeat(200_001))).toEqual([]);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

const installed = webServers.filter(hasWebServer);
if (installed.length < webServers.length) {
  const missing = webServers.filter((name) => !hasWebServer(name)).join(", ");
  console.warn(`Not installed, so only their recorded pages were read: ${missing}.`);
}

describe.each(installed)("%s itself", (name) => {
  let server: WebServer;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    const made = await writeIndexFolder();
    remove = made.remove;
    server = await startWebServer(name, made.folder);
  });
  afterAll(async () => {
    await server?.close();
    await remove?.();
  });

  const listAll = async (prefix: `/${string}`): Promise<Map<string, number | undefined>> => {
    const found = new Map<string, number | undefined>();
    for await (const { key, size } of new HttpStore(server.url).list(prefix)) found.set(key.slice(1), size);
    return found;
  };
  const visible = Object.keys(indexedFiles).filter((path) => !hides(name, path));

  it("is listed with all below, and what is listed can be read", async () => {
    const found = await listAll("/");
    expect([...found.keys()].sort()).toEqual([...visible].sort());
    const store = new HttpStore(server.url);
    for (const [path, size] of found) {
      const wanted = indexedFiles[path]!;
      if (size !== undefined) expect(size).toBe(wanted);
      expect((await store.get(`/${path}`))?.length).toBe(wanted);
    }
  });

  it("is listed below a folder, below a part of a name, and not where there is nothing", async () => {
    expect([...(await listAll("/data/")).keys()].sort()).toEqual([
      "data/c/0/0",
      "data/c/0/1",
      "data/zarr.json",
    ]);
    expect([...(await listAll("/data/c")).keys()].sort()).toEqual(["data/c/0/0", "data/c/0/1"]);
    expect([...(await listAll("/da")).keys()]).toHaveLength(3);
    expect([...(await listAll("/a b/c+d/")).keys()]).toEqual(["a b/c+d/ünï/日本.bin"]);
    expect((await listAll("/nothing/here/")).size).toBe(0);
    expect((await listAll("/data/zarr.json/")).size).toBe(0);
  });
});

describe("servers without index pages", () => {
  it("are named, with the way out, and never taken for empty", async () => {
    const server = await createS3Server();
    server.createBucket("open", { publicRead: true, publicList: true });
    server.put("open", "a/b", "x");
    server.put("open", "page/", '<html><title>About</title><a href="b">b</a></html>');
    const list = async (url: string): Promise<ReaderError> => {
      try {
        for await (const _ of new HttpStore(url).list("/")) expect.fail("listed");
      } catch (thrown) {
        return thrown as ReaderError;
      }
      throw new Error("an empty list");
    };
    for (const path of ["open/a", "open/page", "closed"]) {
      const error = await list(`${server.url}/${path}`);
      expect(error.code).toBe("unsupported");
      expect(error.message).toContain("cloudcrop-list");
    }
    await server.close();
  });
});

describe("a group without consolidated metadata", () => {
  it("is found by index pages", async () => {
    const fixture = loadFixture("zarr", "v3-layout");
    const server = await startWebServer("python", fixture.path);
    const told: string[] = [];
    const data = await open(server.url, { pool: 0, onDiagnostic: ({ code }) => told.push(code) });
    expect(data.sources.size).toBeGreaterThan(3);
    expect(told).toEqual(["index-pages"]);
    data.close();
    await server.close();
  });
});
