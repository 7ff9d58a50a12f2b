/**
 * The rows of the retry table that another signature cures (docs/design/object-storage.md §9, §10): each refusal once, after
 * which the read succeeds, and for good, which is told after the one attempt that could have cured it.
 *
 * @module
 */
import { describe, expect, it } from "vitest";
import type { CredentialsCallback } from "../../../src/store/credentials.js";
import { S3Store, type S3StoreOptions } from "../../../src/store/s3.js";
import { failure, quick, useFaultyBucket } from "../../support/faulty-bucket.js";
import type { Fault } from "../../support/s3-server/server.js";

const bucket = useFaultyBucket();
const { bytes, fail, requests } = bucket;

const keys = (): { accessKeyId: string; secretAccessKey: string } => {
  const { accessKeyId, secretAccessKey } = bucket.server.account;
  return { accessKeyId, secretAccessKey };
};

function signedStore(more: S3StoreOptions = {}): S3Store {
  const endpoint = bucket.server.url;
  return new S3Store("s3://open/a", {
    endpoint,
    region: "eu-central-1",
    credentials: keys(),
    ...quick,
    ...more,
  });
}

/** By a range: only answers that no cache may have kept tell the time. */
const read = (store: S3Store): Promise<Uint8Array | undefined> =>
  store.getRange("/data", { offset: 0, length: bytes.length });

type Refusal = Omit<Extract<Fault, { kind: "status" }>, "kind">;

/** Refused once it is read all the same; refused for good it is told so after two attempts. */
async function expectCuredOnce(refusal: Refusal, code: string, store: () => S3Store): Promise<void> {
  const fault: Fault = { kind: "status", ...refusal };
  fail(fault, { count: 1, method: "GET" });
  expect(await read(store())).toEqual(bytes);
  expect(requests()).toBe(2);
  bucket.server.reset();
  fail(fault, { method: "GET" });
  const error = await failure(read(store()));
  expect([error.code, error.detail.attempts, requests()]).toEqual([code, 2, 2]);
  expect([error.detail.status, error.detail.serverCode]).toEqual([refusal.status, refusal.code]);
  expect(error.detail.retryable).toBe(false);
}

describe("§9 row: clock", () => {
  /** A clock that signatures are still accepted by, and far enough from ours to be taken over. */
  const headers = (): Record<string, string> => ({ Date: new Date(Date.now() + 10 * 60_000).toUTCString() });

  it.each([
    ["RequestTimeTooSkewed", undefined],
    ["RequestInTheFuture", undefined],
    ["AccessDenied", "Request is not yet valid"],
  ])("403 %s (%s): the server's time is taken over, once", async (code, message) => {
    const refusal = {
      status: 403,
      code,
      headers: headers(),
      ...(message === undefined ? {} : { message }),
    };
    await expectCuredOnce(refusal, "clock", signedStore);
  });

  it("is told at once where the server's time is ours", async () => {
    fail({ kind: "status", status: 403, code: "RequestTimeTooSkewed" });
    const error = await failure(read(signedStore()));
    expect([error.code, error.detail.attempts, requests()]).toEqual(["clock", 1, 1]);
  });
});

describe("§9 row: expired", () => {
  it.each([
    [400, "ExpiredToken"],
    [403, "ExpiredTokenException"],
    [400, "TokenRefreshRequired"],
    [400, "InvalidToken"],
    [401, undefined],
  ])("%d %s: the callback is asked by force, once", async (status, code) => {
    const forced: boolean[] = [];
    const credentials: CredentialsCallback = async ({ force }) => {
      forced.push(force);
      return keys();
    };
    const refusal = code === undefined ? { status } : { status, code };
    await expectCuredOnce(refusal, "expired", () => signedStore({ credentials }));
    expect(forced).toEqual([false, true, false, true]);
  });

  it("a presigned link is asked for anew, once", async () => {
    let asked = 0;
    const signer = signedStore({ auth: { mode: "query" } });
    const presign = async ({ key }: { key: string }): Promise<{ url: string; expires: Date }> => {
      asked++;
      const { url } = await signer.describe(`/${key.slice(2)}`);
      return { url, expires: new Date(Date.now() + 600_000) };
    };
    const refusal = { status: 403, code: "ExpiredToken" };
    await expectCuredOnce(refusal, "expired", () => signedStore({ credentials: { presign } }));
    expect(asked).toBe(4);
  });

  it("secrets that were given once cannot be renewed: told at once", async () => {
    fail({ kind: "status", status: 403, code: "ExpiredToken" });
    const error = await failure(read(signedStore()));
    expect([error.code, error.detail.attempts, requests()]).toEqual(["expired", 1, 1]);
  });

  it("a callback whose secrets are refused again and again is not asked for each read", async () => {
    let calls = 0;
    const store = signedStore({
      credentials: async () => {
        calls++;
        return keys();
      },
    });
    fail({ kind: "status", status: 403, code: "ExpiredToken" });
    for (let time = 0; time < 4; time++) expect((await failure(read(store))).code).toBe("expired");
    expect([calls, requests()]).toEqual([2, 8]);
  });
});

describe("§9 row: region", () => {
  const headers = { "x-amz-bucket-region": "eu-central-1" };
  const away = (): S3Store => signedStore({ region: "us-east-1" });

  it.each([
    [400, "AuthorizationHeaderMalformed"],
    [400, "AuthorizationQueryParametersError"],
    [301, "PermanentRedirect"],
    [307, "TemporaryRedirect"],
    [400, "IllegalLocationConstraintException"],
    [301, undefined],
    [307, undefined],
  ])("%d %s: moves to the region that is named, once", async (status, code) => {
    const refusal = code === undefined ? { status, headers } : { status, code, headers };
    await expectCuredOnce(refusal, "region", away);
  });

  it("that is the one asked for already is told at once", async () => {
    fail({ kind: "status", status: 301, code: "PermanentRedirect", headers });
    const error = await failure(read(signedStore()));
    expect([error.code, error.detail.attempts, requests()]).toEqual(["region", 1, 1]);
  });
});
