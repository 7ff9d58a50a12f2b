/**
 * Memory of a viewer that wanders: random windows of one array that stays open. How much the page and its workers grow by 100 windows, by the
 * browser's own count and by the system's, once the first 100 are done and caches have filled.
 *
 * @module
 */
import * as zarrita from "zarrita";
import { open } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import { closed } from "../lib/closed.js";
import { ask, ours } from "../lib/contest.js";
import { fold } from "../lib/fold.js";
import type { Host, Row, SuiteResult } from "../lib/host.js";
import { mergingStore } from "../lib/zarr-readers.js";

interface MemorySetup {
  readonly base: string;
  readonly edge: number;
  readonly windows: readonly Place[];
}

interface Place {
  readonly layer: number;
  readonly y: number;
  readonly x: number;
  readonly fold: number;
}

interface Wanderer {
  read(place: Place): Promise<Float32Array>;
  close?(): void;
}

const MIB = 2 ** 20;

export async function runMemory(host: Host): Promise<SuiteResult> {
  const { base, edge, windows } = host.setup as unknown as MemorySetup;
  const { quick, only } = host.options;
  const every = quick ? 10 : 50;
  const skipped = quick ? 20 : 100;
  const url = `${base}/layers`;
  const openOurs = async (cache: number, isReleased: boolean): Promise<Wanderer> => {
    const pool = createPool();
    const grid = await open(url, { kind: "grid", pool, cache });
    let last: Awaited<ReturnType<typeof grid.query>> | undefined;
    return {
      async read({ layer, y, x }) {
        if (isReleased && last !== undefined) grid.release(last);
        const ranges = {
          layer: closed([layer, layer + 1]),
          y: closed([y, y + edge]),
          x: closed([x, x + edge]),
        };
        last = await grid.query({ ranges });
        return last.data as Float32Array;
      },
      close: () => pool.dispose(),
    };
  };
  const openZarrita = async (): Promise<Wanderer> => {
    const array = await zarrita.open.v3(mergingStore(url), { kind: "array" });
    return {
      async read({ layer, y, x }) {
        const { data } = await zarrita.get(array, [
          layer,
          zarrita.slice(y, y + edge),
          zarrita.slice(x, x + edge),
        ]);
        return data as Float32Array;
      },
    };
  };
  const wanderers: Readonly<Record<string, () => Promise<Wanderer>>> = {
    [ours]: () => openOurs(256 * MIB, false),
    [`${ours}, released`]: () => openOurs(256 * MIB, true),
    [`${ours}, cache of 32 MiB`]: () => openOurs(32 * MIB, false),
    zarrita: openZarrita,
  };
  const rows: Row[] = [];
  for (const [name, start] of Object.entries(wanderers)) {
    if (only !== undefined && !name.includes(only)) continue;
    host.say(name);
    await ask(host, { do: "begin" });
    const wanderer = await start();
    const points: { readonly windows: number; readonly counted?: number; readonly resident?: number }[] = [];
    for (const [i, place] of windows.entries()) {
      const data = await wanderer.read(place);
      if (data.length !== edge ** 2 || fold(data, edge, { y: 0, x: 0, edge }) !== place.fold)
        throw new Error(`${name}: window ${i} is wrong`);
      const done = i + 1;
      if (done % every === 0 && done >= skipped) points.push({ windows: done, ...(await memoryNow(host)) });
    }
    wanderer.close?.();
    const growth = (what: "counted" | "resident") => slope(points.map((one) => [one.windows, one[what]]));
    rows.push({
      name,
      unit: "MB / 100 windows",
      rates: Object.fromEntries(
        (["counted", "resident"] as const).flatMap((what) => {
          const perWindow = growth(what);
          const value = perWindow === undefined ? undefined : (perWindow * 100) / 1e6;
          return value === undefined ? [] : [[what, { median: value, best: value }]];
        }),
      ),
      ratios: {},
      notes: {
        "counted MB": points.map(({ counted }) => megabytes(counted)).join(" "),
        "resident MB": points.map(({ resident }) => megabytes(resident)).join(" "),
      },
    });
  }
  return { rows, warnings: warningsOf(), facts: { windows: windows.length } };
}

function warningsOf(): string[] {
  return "measureUserAgentSpecificMemory" in performance ? [] : ["The browser does not count memory here."];
}

/** Bytes of page and workers as the browser counts them (arrays and modules too), and as the system does. */
async function memoryNow(host: Host): Promise<{ counted?: number; resident?: number }> {
  const counter = performance as { measureUserAgentSpecificMemory?(): Promise<{ readonly bytes: number }> };
  const counted = (await counter.measureUserAgentSpecificMemory?.())?.bytes;
  const told = await ask(host, { do: "resident" });
  return {
    ...(counted !== undefined && { counted }),
    ...(told !== "" && { resident: Number(told) }),
  };
}

/** Of the line through the points with the least squares; undefined where one has no value. */
function slope(points: readonly (readonly [x: number, y: number | undefined])[]): number | undefined {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const known = points.flatMap(([x, y]) => (y === undefined ? [] : [[x, y] as const]));
  if (known.length < 2 || known.length < points.length) return undefined;
  const [midX, midY] = [mean(known.map(([x]) => x)), mean(known.map(([, y]) => y))];
  const across = mean(known.map(([x]) => (x - midX) ** 2));
  return mean(known.map(([x, y]) => (x - midX) * (y - midY))) / across;
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? "?" : (bytes / 1e6).toFixed(0);
}
