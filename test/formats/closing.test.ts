/**
 * What is under way when a dataset is closed ends at once, whatever was asked; and what was kept of it is let go, of the places it led to as well.
 */
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { type AnySource, type Dataset, type GridSource, open, type PointSource } from "../../src/index.js";
import { createElsewhere } from "../../src/store/elsewhere.js";
import { NodeFsStore } from "../../src/store/node-fs.js";
import type { ListableStore } from "../../src/store/types.js";
import type { OpenedStore } from "../../src/store/url.js";
import { ZipStore } from "../../src/store/zip.js";
import { loadFixture } from "../support/fixtures.js";
import { kindsOfSources } from "../support/kinds-of-sources.js";

const words = "config: The dataset was closed; open it again to read on.";

/** A store that answers until it is told not to, and then never. */
function silenced(path: string): { store: ListableStore; silence(): void } {
  const inner = new NodeFsStore(path);
  let isSilent = false;
  const forever = new Promise<never>(() => {});
  return {
    store: {
      get: (key, options) => (isSilent ? forever : inner.get(key, options)),
      getRange: (key, range, options) => (isSilent ? forever : inner.getRange(key, range, options)),
      async *list(prefix, options) {
        if (isSilent) await forever;
        yield* inner.list(prefix, options);
      },
    },
    silence: () => {
      isSilent = true;
    },
  };
}

/** Everything that can be asked and may read, by name. */
function questions(dataset: Dataset, source: AnySource): Record<string, () => Promise<unknown>> {
  const { axes, read } = source as Partial<GridSource>;
  const { coverage } = source as Partial<PointSource>;
  const { members } = dataset;
  const [member = ""] = members?.names ?? [];
  return {
    query: () => source.query(),
    stream: () => source.stream()[Symbol.asyncIterator]().next(),
    explain: () => source.explain(),
    plan: async () => {
      for await (const _ of await source.plan());
    },
    estimate: () => dataset.estimate(),
    ...(axes && { axes: () => axes() }),
    ...(read && { read: () => read() }),
    ...(coverage && { coverage: () => coverage() }),
    ...(members && {
      attributes: () => members.attributes(member),
      statistics: () => members.statistics(member, "temperature"),
      acrossDatasets: () => dataset.acrossDatasets("temperature"),
    }),
  };
}

describe.each(kindsOfSources)("%s, closed while the store is silent", (_, family, name, choose) => {
  it("ends whatever waits", async () => {
    const { store, silence } = silenced(loadFixture(family, name).path);
    const dataset = await open(store, { pool: 0 });
    const asked = questions(dataset, choose(dataset));
    silence();
    const ends = Object.entries(asked).map(async ([question, ask]) => {
      const waited = new Promise((resolve) => setTimeout(resolve, 1500, "it still waits"));
      const end = ask().then(
        () => "answered without a read",
        (thrown: unknown) => (thrown as Error).message,
      );
      return [question, await Promise.race([end, waited])] as const;
    });
    setTimeout(() => dataset.close(), 50);
    const told = Object.fromEntries(await Promise.all(ends));
    for (const [question, end] of Object.entries(told))
      expect([words, "answered without a read"], question).toContain(end);
  });
});

it("frees what an archive keeps of its members", async () => {
  const forget = vi.spyOn(ZipStore.prototype, "forget");
  const dataset = await open(fileURLToPath(new URL("../fixtures/stores/deflated-v3.zip", import.meta.url)), {
    pool: 0,
  });
  expect(forget).not.toHaveBeenCalled();
  dataset.close();
  expect(forget).toHaveBeenCalledOnce();
});

it("frees what is kept of the places that the data led to", async () => {
  const freed: string[] = [];
  const open = createElsewhere("https://home.example/group", {}, async (root): Promise<OpenedStore> => {
    const store = { get: async () => undefined, forget: () => freed.push(String(root)) };
    return { store, url: String(root) } as unknown as OpenedStore;
  });
  const closing = new AbortController();
  const first = await open("https://other.example/a", closing.signal);
  await open("https://other.example/b", closing.signal);
  await first.elsewhere("s3://third/c", closing.signal);
  expect(freed).toEqual([]);
  closing.abort();
  expect(freed).toEqual(["https://other.example", "s3://third"]);
});
