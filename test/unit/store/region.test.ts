/**
 * Where a bucket is: asked for, learned from refusals, and never taken for another provider's host
 * (docs/design/object-storage.md §10). AWS's own host names, all of them the embedded server.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { S3Store, type S3StoreOptions } from "../../../src/store/s3.js";
import { createS3Server, type FaultHandle, type S3Server } from "../../support/s3-server/server.js";
import { fetchUnderName } from "../../support/under-name.js";

const data = new Uint8Array(300).fill(3);
let server: S3Server;
let faults: FaultHandle[] = [];

beforeAll(async () => {
  const regions = ["us-east-1", "eu-central-1", "eu-west-3"];
  server = await createS3Server({ hostSuffixes: regions.map((region) => `s3.${region}.amazonaws.com`) });
  server.createBucket("there", { region: "eu-central-1" });
  server.put("there", "data", data);
});
afterEach(() => {
  for (const fault of faults) fault.remove();
  faults = [];
  server.reset();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});
afterAll(() => server.close());

const toServer: typeof fetch = (input, init) => fetchUnderName(server)(input, init);

function storeWith(options: S3StoreOptions = {}): S3Store {
  const { accessKeyId, secretAccessKey } = server.account;
  const credentials = { accessKeyId, secretAccessKey };
  return new S3Store("s3://there", { credentials, fetch: toServer, ...options });
}

const asked = (): string[] => server.log.map(({ method, host, status }) => `${method} ${host} ${status}`);

const [here, elsewhere] = ["there.s3.eu-central-1.amazonaws.com", "there.s3.us-east-1.amazonaws.com"];

describe("the region of a bucket", () => {
  it("is asked for once in Node, when nobody says it, and nothing is refused", async () => {
    const store = storeWith();
    const read = await Promise.all([store.get("/data"), store.get("/data"), store.size("/data")]);
    expect(read).toEqual([data, data, 300]);
    await store.get("/data");
    expect(asked().filter((line) => !line.includes(here))).toEqual([`HEAD ${elsewhere} 403`]);
    expect(asked().filter((line) => line.startsWith("GET"))).toEqual(Array(3).fill(`GET ${here} 200`));
  });

  it("is the environment's, unasked", async () => {
    vi.stubEnv("AWS_REGION", "eu-central-1");
    await storeWith().get("/data");
    expect(asked()).toEqual([`GET ${here} 200`]);
  });

  it.each(["header", "query"] as const)("is learned from a refusal, once: %s", async (mode) => {
    const store = storeWith({ region: "us-east-1", auth: { mode } });
    expect(await store.get("/data")).toEqual(data);
    expect(await store.get("/data")).toEqual(data);
    expect(asked()).toEqual([`GET ${elsewhere} 400`, `GET ${here} 200`, `GET ${here} 200`]);
  });

  it("is learned from the header where HEAD has no body", async () => {
    expect(await storeWith({ region: "us-east-1" }).size("/data")).toBe(300);
    expect(asked()).toEqual([`HEAD ${elsewhere} 400`, `HEAD ${here} 200`]);
  });

  it("is learned in a page too, from what can be read", async () => {
    vi.stubGlobal("document", {});
    expect(await storeWith().get("/data")).toEqual(data);
    expect(asked()).toEqual([`GET ${elsewhere} 400`, `GET ${here} 200`]);
  });

  it("is asked for when a redirect does not tell it", async () => {
    const bare = { kind: "status", status: 301, code: "PermanentRedirect" } as const;
    faults.push(server.addFault({ fault: bare, method: "GET", count: 1 }));
    expect(await storeWith({ region: "us-east-1" }).get("/data")).toEqual(data);
    expect(asked()).toEqual([`GET ${elsewhere} 301`, `HEAD ${elsewhere} 403`, `GET ${here} 200`]);
  });

  it("is told when it stays wrong, and asked no third time", async () => {
    const malformed = { kind: "status", status: 400, code: "AuthorizationHeaderMalformed" } as const;
    const headers = { "x-amz-bucket-region": "eu-west-3" };
    faults.push(server.addFault({ fault: { ...malformed, headers } }));
    const thrown = await storeWith({ region: "us-east-1" })
      .get("/data")
      .catch((reason: unknown) => reason);
    expect(thrown).toMatchObject({ code: "region", message: expect.stringContaining("eu-west-3") as string });
    expect(asked()).toHaveLength(2);
  });

  it.each([{ "x-amz-bucket-region": "evil.example/" }, { location: "https://there.evil.example/data" }])(
    "is no host: %o",
    async (headers) => {
      const hosts = new Set<string>();
      const watching: typeof fetch = (input, init) => {
        hosts.add(new URL(String(input)).host);
        return toServer(input, init);
      };
      const fault = { kind: "status", status: 307, code: "TemporaryRedirect", headers } as const;
      faults.push(server.addFault({ fault }));
      const store = storeWith({ region: "us-east-1", fetch: watching });
      await expect(store.get("/data")).rejects.toMatchObject({ code: "region" });
      expect([...hosts]).toEqual([elsewhere]);
    },
  );
});
