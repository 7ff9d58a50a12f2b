/**
 * Opening a group of 300 arrays: how long until all of them can be asked.
 *
 * @module
 */
import * as zarrita from "zarrita";
import { open } from "../../src/index.js";
import { contest, ours, type Reader } from "../lib/contest.js";
import type { Host, SuiteResult } from "../lib/host.js";

interface OpenSetup {
  readonly base: string;
  readonly url: string;
  readonly names: readonly string[];
  /** What the arrays are, as `textOf` tells it. */
  readonly expected: string;
}

export async function runOpen(host: Host): Promise<SuiteResult> {
  const { base, url, names, expected } = host.setup as unknown as OpenSetup;
  const place = { endpoint: url, region: "us-east-1", credentials: "anonymous", pool: 0 } as const;
  const openOurs = async (location: string, options: object): Promise<string> => {
    const data = await open(location, options);
    const found = [...data.sources].map(([name, { info }]) => ({ ...info, name }));
    data.close();
    return textOf(found);
  };
  const each = async (store: zarrita.AsyncReadable): Promise<string> => {
    const root = zarrita.root(store);
    const arrays = await Promise.all(
      names.map((name) => zarrita.open.v3(root.resolve(name), { kind: "array" })),
    );
    return textOf(arrays.map(({ path, shape, dtype }) => ({ name: path.slice(1), shape, dtype })));
  };
  const groups: Readonly<Record<string, Readonly<Record<string, Reader>>>> = {
    consolidated: {
      [ours]: (copy) => openOurs(`${base}/${copy}/consolidated`, { pool: 0 }),
      zarrita: async (copy) =>
        each(await zarrita.withConsolidatedMetadata(new zarrita.FetchStore(`${base}/${copy}/consolidated`))),
    },
    // Ours lists the bucket; zarrita is told the names.
    bare: {
      [ours]: (copy) => openOurs(`s3://bench/${copy}/bare`, place),
      zarrita: (copy) => each(new zarrita.FetchStore(`${base}/${copy}/bare`)),
    },
  };
  const rows = [];
  for (const [name, readers] of Object.entries(groups)) {
    const rounds = host.options.quick ? 1 : 7;
    rows.push(await contest(host, { name, readers, rounds, expected, latencyMs: 30 }));
  }
  return { rows, warnings: [], facts: {} };
}

function textOf(
  arrays: readonly { readonly name: string; readonly shape?: readonly number[]; readonly dtype?: string }[],
): string {
  return arrays
    .map(({ name, shape, dtype }) => `${name} ${shape} ${dtype}`)
    .sort()
    .join("\n");
}
