/**
 * What every cold page does: reads one window as soon as its script runs, and says how long after the navigation it was there.
 *
 * @module
 */
import { digest } from "../../lib/contest.js";
import type { Window } from "../../lib/rasters.js";

export type ReadFirst = (base: string, window: Pick<Window, "y" | "x">) => Promise<ArrayBufferView>;

export async function report(read: ReadFirst): Promise<void> {
  const query = new URLSearchParams(location.search);
  const [y, x, edge] = ["y", "x", "edge"].map((name) => Number(query.get(name))) as [number, number, number];
  let answer: object;
  try {
    const data = await read(query.get("base")!, { y: [y, y + edge], x: [x, x + edge] });
    const ms = performance.now();
    // Counted by the time the result is there: nothing that comes later.
    await fetch("/first", { method: "POST" });
    answer = { ms, digest: await digest(data) };
  } catch (thrown) {
    answer = { error: thrown instanceof Error ? `${thrown}\n${thrown.stack}` : String(thrown) };
  }
  await fetch("/result", { method: "POST", body: JSON.stringify(answer) });
}
