/**
 * A worker that is busy and does nothing of ours: it fetches and throws away, or it computes. What a page's thread suffers beside two of
 * these is the machine's doing.
 *
 * @module
 */

/** Objects to fetch, so many at a time; or how long to compute. */
export type BusyWork =
  | { readonly urls: readonly string[]; readonly atATime: number }
  | { readonly forMs: number };

addEventListener("message", async ({ data }: MessageEvent<BusyWork>) => {
  if ("urls" in data) await fetchAll(data.urls, data.atATime);
  else compute(data.forMs);
  postMessage("done");
});

async function fetchAll(urls: readonly string[], atATime: number): Promise<void> {
  const left = urls.values();
  const fetchSome = async (): Promise<void> => {
    for (const url of left) await (await fetch(url, { cache: "no-store" })).arrayBuffer();
  };
  await Promise.all(Array.from({ length: atATime }, fetchSome));
}

function compute(forMs: number): void {
  const end = performance.now() + forMs;
  while (performance.now() < end);
}
