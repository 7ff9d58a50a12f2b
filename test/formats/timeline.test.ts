/**
 * Timelines of queries of every kind, against what the server saw while they ran.
 */
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createPool } from "../../src/exports/engine.js";
import { timelineToTrace } from "../../src/exports/timeline.js";
import { type AnySource, type Dataset, type OpenOptions, open, type Timeline } from "../../src/index.js";
import { rangeHeader } from "../../src/net/remote-read.js";
import { pause } from "../support/faulty-bucket.js";
import { loopbackWorkers } from "../support/loopback-worker.js";
import { createS3Server, type LogEntry, type S3Server } from "../support/s3-server/server.js";
import { checkTimeline, checkTrace, spansOf } from "../support/timelines.js";

let server: S3Server;
beforeAll(async () => {
  server = await createS3Server({ maxLogEntries: 100_000 });
  server.createBucket("fixtures", { publicRead: true, publicList: true });
  server.mount("fixtures", "", fileURLToPath(new URL("../fixtures/", import.meta.url)));
});
afterEach(() => server.reset());
afterAll(() => server.close());

/** How chunks are fetched and decoded. */
const ways: Readonly<Record<string, () => OpenOptions>> = {
  "fetched and decoded here": () => ({ pool: 0 }),
  "fetched and decoded in workers": () => ({
    pool: createPool({ workers: 2, inlineBytes: 0, ...loopbackWorkers() }),
  }),
  "fetched here, decoded in workers": () => ({
    ...ways["fetched and decoded in workers"]!(),
    fetchIn: "page",
  }),
};

/** The data of small array files come with their index, which this thread reads. */
const readHere = "demo/ocean-profiles.atlas";

const stores: readonly (readonly [string, string, AnySource["kind"], object])[] = [
  ["a grid of Zarr", "demo/topobathy-v2.zarr", "grid", {}],
  ["points of Zarr-Vectors", "demo/airports.zarrvectors", "points", { bbox: [0, 40, 20, 60] }],
  ["lines of Zarr-Vectors", "demo/fornix.zarrvectors", "polylines", {}],
  ["points of TileDB", "demo/forest.tdb", "points", {}],
  ["a grid of TileDB", "tiledb/dense-col-row.tdb", "grid", {}],
  ["profiles of ATLAS", readHere, "points", {}],
];

async function openFixture(path: string, options: OpenOptions = {}): Promise<Dataset> {
  const place = { endpoint: server.url, region: "us-east-1", credentials: "anonymous" } as const;
  return open(`s3://fixtures/${path}`, { ...place, retries: { baseMs: 1, throttleBaseMs: 1 }, ...options });
}

/** The source to ask, of a kind; where several are of it the first with data. */
function sourceOf(dataset: Dataset, kind: AnySource["kind"]): AnySource {
  return [...dataset.sources.values()].find((one) => one.kind === kind && one.info.role === "data")!;
}

/** A request as both sides know it. */
function asked({ method, key, range }: LogEntry): string {
  return `${method} ${key} ${range ?? ""}`;
}

function told(timeline: Timeline, path: string): string[] {
  return timeline.requests.map(
    ({ method, key, range }) => `${method} ${path}${key} ${range === undefined ? "" : rangeHeader(range)}`,
  );
}

describe.each(stores)("%s", (_, path, kind, query) => {
  it.each(Object.entries(ways))(
    "%s: every request of the server's log, every byte",
    async (way, makeOptions) => {
      const options = makeOptions();
      const dataset = await openFixture(path, options);
      const source = sourceOf(dataset, kind);
      server.reset();
      const timelines: Timeline[] = [];
      let progress = 0;
      await source.query(query as never, {
        onTimeline: (timeline) => timelines.push(timeline),
        onProgress: ({ requests }) => {
          progress = requests;
        },
      });
      const log = [...server.log];
      const [timeline] = timelines;
      expect(timelines).toHaveLength(1);
      checkTimeline(timeline!);
      checkTrace(timelineToTrace(timeline!), timeline!);
      const { requests, spans, outcome, lanes } = timeline!;
      expect(outcome).toBe("done");
      expect(told(timeline!, path).toSorted()).toEqual(log.map(asked).toSorted());
      expect(requests.length).toBeGreaterThanOrEqual(progress);
      expect(requests.length).toBeGreaterThan(0);
      expect(requests.map(({ status }) => status).toSorted()).toEqual(
        log.map(({ status }) => status).toSorted(),
      );
      const sent = log.reduce((sum, { status = 0, bytes }) => sum + (status < 300 ? bytes : 0), 0);
      expect(requests.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(sent);
      const kinds = new Set(spans.map((span) => span.kind));
      for (const kind of ["plan", "first-byte", "decode"] as const) expect(kinds, kind).toContain(kind);
      expect(kinds).not.toContain("unknown");
      expect(requests.every(({ preflight }) => preflight === "none")).toBe(true);
      const workers = way.includes("workers");
      expect(spans.some(({ kind, lane }) => kind === "decode" && lane > 0)).toBe(workers);
      const fetchedThere = way === "fetched and decoded in workers" && path !== readHere;
      expect(requests.some(({ lane }) => lane > 0)).toBe(fetchedThere);
      expect(lanes.slice(1).every((name, index) => name === `worker ${index + 1}`)).toBe(true);
      dataset.close();
      if (typeof options.pool === "object") options.pool.dispose();
    },
  );
});

/** A question of the demo's elevation grid, its timeline, and what it ended in. */
async function askGrid(
  dataset: Dataset,
  signal?: AbortSignal,
): Promise<{ readonly timeline: Timeline; readonly error: unknown }> {
  const timelines: Timeline[] = [];
  const error = await sourceOf(dataset, "grid")
    .query({}, { ...(signal && { signal }), onTimeline: (timeline) => timelines.push(timeline) })
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  dataset.close();
  expect(timelines).toHaveLength(1);
  checkTimeline(timelines[0]!);
  checkTrace(timelineToTrace(timelines[0]!), timelines[0]!);
  return { timeline: timelines[0]!, error };
}

const openGrid = (options?: OpenOptions): Promise<Dataset> => openFixture("demo/topobathy-v2.zarr", options);
const chunks = /topo\/\d+\.\d+$/;

describe.each(Object.entries(ways))("%s", (_, makeOptions) => {
  it("a 503 is told, waited for, and sent again", async () => {
    const dataset = await openGrid(makeOptions());
    const fault = server.addFault({ fault: { kind: "status", status: 503 }, path: chunks, count: 2 });
    const { timeline, error } = await askGrid(dataset);
    expect([error, fault.hits]).toEqual([undefined, 2]);
    const { requests, spans } = timeline;
    const refused = requests.filter(({ status }) => status === 503);
    expect(refused.map(({ outcome, bytes }) => [outcome, bytes])).toEqual([
      ["failed", 0],
      ["failed", 0],
    ]);
    const again = requests.flatMap(({ attempt }, index) => (attempt > 1 ? [index] : []));
    expect(again).toHaveLength(2);
    for (const index of again) {
      const { key, attempt } = requests[index]!;
      const before = requests.findIndex((one) => one.key === key && one.attempt === attempt - 1);
      const [first] = spansOf(spans, index);
      expect(first!.kind).toBe("pause");
      expect(first!.startMs).toBeGreaterThanOrEqual(spansOf(spans, before).at(-1)!.endMs);
    }
  });

  it("waiting and coming are told apart", async () => {
    const dataset = await openGrid(makeOptions());
    const [delayMs, dripMs] = [120, 150];
    server.addFault({ fault: { kind: "delay", ms: delayMs }, path: /topo\/0\.0$/ });
    server.addFault({ fault: { kind: "stall", afterBytes: 100, ms: dripMs }, path: /topo\/0\.1$/ });
    const { timeline } = await askGrid(dataset);
    const msOf = (key: string, kind: string): number => {
      const request = timeline.requests.findIndex((one) => one.key.endsWith(key));
      return spansOf(timeline.spans, request)
        .filter((span) => span.kind === kind)
        .reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
    };
    expect(msOf("topo/0.0", "first-byte")).toBeGreaterThanOrEqual(delayMs - 2);
    expect(msOf("topo/0.1", "transfer")).toBeGreaterThanOrEqual(dripMs - 2);
  });

  it("an aborted query has a timeline that ends with it", async () => {
    const dataset = await openGrid(makeOptions());
    server.addFault({ fault: { kind: "stall" }, path: chunks });
    const controller = new AbortController();
    const reason = new Error("left");
    const asking = askGrid(dataset, controller.signal);
    while (!server.log.some(({ key }) => chunks.test(key))) await pause(5);
    await pause(50);
    controller.abort(reason);
    const { timeline, error } = await asking;
    expect(error).toBe(reason);
    expect(timeline.outcome).toBe("stopped");
    const given = timeline.requests.filter(({ key }) => chunks.test(key));
    expect(given.length).toBeGreaterThan(0);
    expect(given.every(({ outcome }) => outcome === "given-up")).toBe(true);
  });

  it("a query that fails has one too", async () => {
    const dataset = await openGrid(makeOptions());
    server.addFault({ fault: { kind: "truncate", dropBytes: 50 }, path: chunks });
    const { timeline, error } = await askGrid(dataset);
    expect(error).toBeDefined();
    expect(timeline.outcome).toBe("failed");
  });

  it("a stream that is left early: stopped", async () => {
    const dataset = await openGrid(makeOptions());
    const timelines: Timeline[] = [];
    const options = { onTimeline: (timeline: Timeline) => timelines.push(timeline) };
    for await (const _ of sourceOf(dataset, "grid").stream({}, options)) break;
    dataset.close();
    expect(timelines.map(({ outcome }) => outcome)).toEqual(["stopped"]);
    checkTimeline(timelines[0]!);
  });

  it("the chunks of another query at the same time are not told", async () => {
    const dataset = await openFixture("demo/jacksboro-v3.zarr", makeOptions());
    const [asked, other] = [...dataset.sources.values()].filter(({ kind }) => kind === "grid");
    const timelines: Timeline[] = [];
    await Promise.all([
      asked!.query({}, { onTimeline: (timeline) => timelines.push(timeline) }),
      other!.query({}),
    ]);
    dataset.close();
    checkTimeline(timelines[0]!);
    const folder = `/${other!.info.name}/c/`;
    expect(server.log.some(({ key }) => key.includes(folder))).toBe(true);
    expect(timelines[0]!.requests.some(({ key }) => key.includes(folder))).toBe(false);
  });
});

it("nothing of it exists where nobody asks", async () => {
  const { made, createWorker } = loopbackWorkers();
  const pool = createPool({ workers: 1, inlineBytes: 0, createWorker });
  const dataset = await openGrid({ pool });
  await sourceOf(dataset, "grid").query({});
  const sent = (): string =>
    JSON.stringify(made[0]!.sent, (_key, value) => (ArrayBuffer.isView(value) ? 0 : value));
  expect(sent()).not.toContain("isTimed");
  await sourceOf(await openGrid({ pool }), "grid").query({}, { onTimeline: () => {} });
  expect(sent()).toContain("isTimed");
  pool.dispose();
});

it("one variable of many datasets", async () => {
  const dataset = await openFixture("demo/ocean-profiles.atlas", { pool: 0 });
  const timelines: Timeline[] = [];
  server.reset();
  await dataset.acrossDatasets("temperature", { onTimeline: (timeline) => timelines.push(timeline) });
  dataset.close();
  checkTimeline(timelines[0]!);
  expect(told(timelines[0]!, "demo/ocean-profiles.atlas").toSorted()).toEqual(
    server.log.map(asked).toSorted(),
  );
});

it("a store without a network: reads are transfers", async () => {
  const path = fileURLToPath(new URL("../fixtures/demo/topobathy-v2.zarr", import.meta.url));
  const { timeline } = await askGrid(await open(path, { pool: 0 }));
  expect(timeline.requests.length).toBeGreaterThan(1);
  expect(
    timeline.requests.every(({ host, status, preflight }) => !host && !status && preflight === "none"),
  ).toBe(true);
  const kinds = new Set(timeline.spans.flatMap(({ kind, request }) => (request === undefined ? [] : [kind])));
  kinds.delete("queue");
  kinds.delete("prepare");
  expect([...kinds]).toEqual(["transfer"]);
});

describe("secrets", () => {
  it.each(["query", "header"] as const)("signed in the %s: none is told", async (mode) => {
    const { accessKeyId, secretAccessKey } = server.account;
    server.createBucket(`closed-${mode}`);
    server.mount(`closed-${mode}`, "", fileURLToPath(new URL("../fixtures/demo/", import.meta.url)));
    const dataset = await open(`s3://closed-${mode}/topobathy-v2.zarr`, {
      endpoint: server.url,
      region: "us-east-1",
      credentials: { accessKeyId, secretAccessKey },
      auth: { mode },
      pool: 0,
    });
    const { timeline } = await askGrid(dataset);
    expect(timeline.requests.length).toBeGreaterThan(1);
    for (const text of [JSON.stringify(timeline), JSON.stringify(timelineToTrace(timeline))]) {
      expect(text).not.toMatch(/X-Amz-|Signature|Credential|\?/i);
      expect(text).not.toContain(accessKeyId);
      expect(text).not.toContain(secretAccessKey);
    }
  });

  it("the query of an address: not told", async () => {
    const dataset = await open(`${server.url}/fixtures/demo/topobathy-v2.zarr?sig=s3cr3t&x-id=GetObject`, {
      pool: 0,
    });
    const { timeline } = await askGrid(dataset);
    expect(timeline.requests.length).toBeGreaterThan(1);
    expect(JSON.stringify([timeline, timelineToTrace(timeline)])).not.toMatch(/s3cr3t|sig=|\?/);
  });
});
