/**
 * Listings of object stores as their documentation writes them: pages, odd keys, and what is refused
 * (docs/design/object-storage.md §12).
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import { listAzureBlobs, parseAzureListing } from "../../../src/store/azure-list.js";
import { listGcsObjects, parseGcsListing } from "../../../src/store/gcs-list.js";
import type { ListedObject, ListRead, ListRequest } from "../../../src/store/list-pages.js";
import { S3Store } from "../../../src/store/s3.js";
import { listObjects, parseListing } from "../../../src/store/s3-list.js";
import { CONFORMANCE_KEYS } from "../../support/s3-server/conformance-keys.js";
import { createS3Server } from "../../support/s3-server/server.js";

const escapeXml = (text: string): string =>
  text.replace(/[&<>]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[char]!);

const gcsPage = (keys: readonly string[], more = "<IsTruncated>false</IsTruncated>"): string =>
  `<?xml version='1.0' encoding='UTF-8'?><ListBucketResult xmlns='http://doc.s3.amazonaws.com/2006-03-01'><Name>b</Name>${keys
    .map(
      (key, index) =>
        `<Contents><Key>${escapeXml(key)}</Key><Generation>1360887759327000</Generation><MetaGeneration>1</MetaGeneration>` +
        `<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"e"</ETag><Size>${index}</Size></Contents>`,
    )
    .join("")}${more}</ListBucketResult>`;

const azurePage = (keys: readonly string[], marker = "<NextMarker />"): string =>
  `\ufeff<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="https://a.blob.core.windows.net/" ContainerName="c"><Blobs>${keys
    .map(
      (key, index) =>
        `<Blob><Name>${escapeXml(key)}</Name><Properties><Content-Length>${index}</Content-Length>` +
        "<Content-Type>application/octet-stream</Content-Type></Properties><OrMetadata /></Blob>",
    )
    .join("")}</Blobs>${marker}</EnumerationResults>`;

/** Plays a server that answers page after page, and keeps what it was asked. */
async function listAll(
  list: (prefix: string, requestFor: ListRequest, read: ListRead) => AsyncIterable<ListedObject>,
  pages: readonly string[],
): Promise<{ objects: ListedObject[]; queries: string[] }> {
  const queries: string[] = [];
  const objects: ListedObject[] = [];
  const requestFor: ListRequest = async (query) => {
    queries.push(query);
    return {} as never;
  };
  const read: ListRead = async (request) => {
    await request();
    return new TextEncoder().encode(pages[queries.length - 1]);
  };
  for await (const item of list("a b/+", requestFor, read)) objects.push(item);
  return { objects, queries };
}

describe("S3", () => {
  it("pages through odd keys, whichever way the server writes a space", async () => {
    for (const listSpace of ["plus", "percent"] as const) {
      const server = await createS3Server({ maxKeys: 3, listSpace });
      server.createBucket("open", { publicRead: true, publicList: true });
      for (const key of CONFORMANCE_KEYS) server.put("open", `p q/${key}`, key);
      const store = new S3Store("s3://open/p q", { endpoint: server.url });
      const found = new Map<string, number | undefined>();
      for await (const { key, size } of store.list("/")) found.set(key.slice(1), size);
      expect([...found.keys()].sort()).toEqual([...CONFORMANCE_KEYS].sort());
      for (const [key, size] of found) expect(size).toBe(new TextEncoder().encode(key).length);
      expect(server.counters.LIST).toBe(Math.ceil(CONFORMANCE_KEYS.length / 3));
      await server.close();
    }
  });

  it("refuses a server that goes round in circles", async () => {
    const page =
      "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>";
    await expect(listAll(listObjects, [page, page, page])).rejects.toThrow(/again and again/);
  });

  it("reads a page of unclosed entries in linear time", () => {
    const page = `<ListBucketResult>${"<Contents>".repeat(200_000)}</ListBucketResult>`;
    const start = performance.now();
    expect(() => parseListing(page)).toThrow(/cut/);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe("Google Cloud Storage", () => {
  it("reads keys as they are, and follows tokens", async () => {
    const keys = [...CONFORMANCE_KEYS, "a+b", "100%25", "<&>"];
    const more = "<IsTruncated>true</IsTruncated><NextContinuationToken>t+1/=</NextContinuationToken>";
    const { objects, queries } = await listAll(listGcsObjects, [gcsPage(keys, more), gcsPage(["z"])]);
    expect(objects.map(({ key }) => key)).toEqual([...keys, "z"]);
    expect(objects[2]!.size).toBe(2);
    expect(queries).toEqual([
      "list-type=2&prefix=a%20b%2F%2B",
      "continuation-token=t%2B1%2F%3D&list-type=2&prefix=a%20b%2F%2B",
    ]);
  });

  it("follows the markers of servers that list as the first version did", async () => {
    const more = "<IsTruncated>true</IsTruncated><NextMarker>m &amp; n</NextMarker>";
    const { objects, queries } = await listAll(listGcsObjects, [gcsPage(["a"], more), gcsPage(["b"])]);
    expect(objects).toHaveLength(2);
    expect(queries[1]).toMatch(/^marker=m%20%26%20n&/);
  });

  it.each([
    gcsPage(["a"], "<IsTruncated>true</IsTruncated>"),
    gcsPage(["a"]).slice(0, -3),
    gcsPage(["a"]).replace("<Size>0</Size>", ""),
    gcsPage(["a"]).replace("<Size>0</Size>", "<Size>-1</Size>"),
    `<!DOCTYPE html>${gcsPage(["a"])}`,
    "<Error><Code>AccessDenied</Code></Error>",
  ])("refuses %s", (xml) => {
    expect(() => parseGcsListing(xml)).toThrow(/corrupt/);
  });
});

describe("Azure Blob Storage", () => {
  it("reads names as they are, and follows markers", async () => {
    const { objects, queries } = await listAll(listAzureBlobs, [
      azurePage(CONFORMANCE_KEYS, "<NextMarker>2!72!MDAw/+</NextMarker>"),
      azurePage(["z", "zz"]),
    ]);
    expect(objects.map(({ key }) => key)).toEqual([...CONFORMANCE_KEYS, "z", "zz"]);
    expect(objects.at(-1)!.size).toBe(1);
    expect(queries).toEqual([
      "comp=list&restype=container&prefix=a%20b%2F%2B",
      "marker=2%2172%21MDAw%2F%2B&comp=list&restype=container&prefix=a%20b%2F%2B",
    ]);
  });

  it("decodes the names XML cannot hold, and leaves out folders", () => {
    const folder =
      "<Blob><Name>dir</Name><Properties><ResourceType>directory</ResourceType><Content-Length>0</Content-Length></Properties></Blob>";
    const odd =
      '<Blob><Name Encoded="true">a%EF%BF%BEb+%25</Name><Properties><Content-Length>5</Content-Length></Properties></Blob>';
    const page = azurePage(["plain%25"]).replace("<Blobs>", `<Blobs>${folder}${odd}`);
    expect(parseAzureListing(page).objects).toEqual([
      { key: "a\ufffeb+%", size: 5 },
      { key: "plain%25", size: 0 },
    ]);
  });

  it.each([
    azurePage(["a"]).slice(0, -3),
    azurePage(["a"]).replace("<Content-Length>0</Content-Length>", ""),
    azurePage(["a"]).replace("<Name>", '<Name Encoded="true">%zz'),
    `<!DOCTYPE x>${azurePage(["a"])}`,
    "<html></html>",
  ])("refuses %s", (xml) => {
    expect(() => parseAzureListing(xml)).toThrow(/corrupt/);
  });
});
