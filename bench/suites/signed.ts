/**
 * A grid of 64 chunks read whole with signed requests: ours by either way to sign, zarrita's store with a `fetch` that signs by aws4fetch
 * (what its user would write), and both without.
 *
 * @module
 */
import { AwsClient } from "aws4fetch";
import * as zarrita from "zarrita";
import { createPool } from "../../src/worker/pool.js";
import { contest, ours, type Reader } from "../lib/contest.js";
import type { Host, SuiteResult } from "../lib/host.js";
import type { Window } from "../lib/rasters.js";
import { pastBrowserCache, readOurs, readZarrita, uncached } from "../lib/zarr-readers.js";

interface SignedSetup {
  readonly base: string;
  readonly closedBase: string;
  readonly s3: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly window: Window;
}

export async function runSigned(host: Host): Promise<SuiteResult> {
  const { base, closedBase, s3, window } = host.setup as unknown as SignedSetup;
  const { quick, only } = host.options;
  const pool = createPool();
  const aws = new AwsClient({ ...s3.credentials, region: s3.region, service: "s3" });
  // aws4fetch signs anew for each request, so that the browser's cache could not answer.
  const signer =
    (signQuery: boolean) =>
    async (request: Request): Promise<Response> =>
      uncached(await aws.sign(request, { aws: { signQuery } }));
  const zarr = (from: string, fetch: (request: Request) => Promise<Response>): Reader => {
    return (copy) => readZarrita(new zarrita.FetchStore(`${from}/${copy}/chunks`, { fetch }));
  };
  const readers: Record<string, Reader> = {
    [ours]: (copy) => readOurs(`s3://closed/${copy}/chunks`, { ...s3, pool }),
    "in headers": (copy) => readOurs(`s3://closed/${copy}/chunks`, { ...s3, auth: { mode: "header" }, pool }),
    unsigned: (copy) => readOurs(`s3://bench/${copy}/chunks`, { ...s3, credentials: "anonymous", pool }),
    "unsigned, no-store": (copy) =>
      readOurs(`s3://bench/${copy}/chunks`, { ...s3, ...pastBrowserCache, credentials: "anonymous", pool }),
    "zarrita, query": zarr(closedBase, signer(true)),
    "zarrita, headers": zarr(closedBase, signer(false)),
    "zarrita, unsigned": zarr(base, (request) => fetch(request)),
    "zarrita, unsigned, no-store": zarr(base, uncached),
  };
  const rows = [];
  for (const latencyMs of [0, 30]) {
    const name = `64 chunks, ${latencyMs} ms`;
    if (only !== undefined && !name.includes(only)) continue;
    const rounds = quick ? 1 : 9;
    rows.push(await contest(host, { name, readers, rounds, expected: window.sha256, latencyMs }));
  }
  pool.dispose();
  return { rows, warnings: [], facts: { "default workers": pool.size } };
}
