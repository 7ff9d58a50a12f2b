/**
 * A second request when the first is slow to begin: the one that answers first wins, the other is ended
 * (docs/design/object-storage.md §8). Off unless asked for.
 *
 * @module
 */
import type { Answer } from "./answer.js";
import type { PerformOnce, PerformOptions } from "./perform.js";
import { askedBytes, type RemoteRead } from "./remote-read.js";
import type { Transport } from "./retry.js";

/** Bodies that may be asked for twice, and such requests as a part of all. */
const maxHedgedBytes = 512 * 1024;
const maxHedgedShare = 0.05;

/**
 * Performs the request, and once more after `timeouts.hedgeMs` without a first byte.
 *
 * @throws the signal's reason when it aborts
 */
export async function performHedged(
  once: PerformOnce,
  read: RemoteRead,
  options: PerformOptions,
): Promise<Answer> {
  const { signal } = options;
  const racers = [new AbortController(), new AbortController()];
  let winner: AbortController | undefined;
  let decide: (isSlow: boolean) => void = () => {};
  const slow = new Promise<boolean>((resolve) => {
    decide = resolve;
  });
  const timer = setTimeout(() => decide(true), options.timeouts.hedgeMs);
  /** The answer, or nothing when the other one came first. */
  const race = async (racer: AbortController): Promise<Answer | undefined> => {
    const onHeaders = (): void => {
      winner ??= racer;
      for (const other of racers) if (other !== winner) other.abort();
      decide(false);
    };
    return once(read, { ...options, signal: racer.signal }, onHeaders).catch((thrown: unknown) => {
      if (racer.signal.aborted) return undefined;
      throw thrown;
    });
  };
  const endBoth = (): void => {
    for (const racer of racers) racer.abort();
  };
  signal?.addEventListener("abort", endBoth, { once: true });
  try {
    const first = race(racers[0]!);
    const settled = (): void => decide(false);
    first.then(settled, settled);
    const second = (await slow) ? race(racers[1]!) : undefined;
    const [answer, other] = await Promise.all([first, second]);
    signal?.throwIfAborted();
    if (second === undefined) return answer!;
    // Two that got no byte have failed alike.
    return { ...(winner === racers[1] ? other : answer)!, hedged: true };
  } finally {
    clearTimeout(timer);
    endBoth();
    signal?.removeEventListener("abort", endBoth);
  }
}

/** Small bodies only, and few of all requests: a slow server must not be asked twice for everything. */
export function isHedgeable(sent: Transport["sent"], read: RemoteRead): boolean {
  if (read.method !== "GET") return false;
  const bytes = askedBytes(read) ?? read.size ?? Number.POSITIVE_INFINITY;
  return bytes <= maxHedgedBytes && sent.hedges + 1 <= sent.requests * maxHedgedShare;
}
