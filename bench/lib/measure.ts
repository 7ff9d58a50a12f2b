/**
 * How everything is timed: alternatives take turns round by round, so that what else the machine does hits all of them, and a ratio is the
 * median of the rounds' ratios.
 *
 * @module
 */

/** Runs its work once; a promise is awaited. */
export type Alternative = () => unknown;

export interface MeasureOptions {
  readonly rounds: number;
  /** A sample repeats its alternative until it is about this long, as clocks in browsers are coarse. */
  readonly sampleMs: number;
}

/** Milliseconds of one run of each alternative, by round. */
export type Samples = Record<string, number[]>;

/** Times functions that run here and, between them, others that time themselves (`elsewhere`: a native process). */
export async function measure(
  alternatives: Readonly<Record<string, Alternative>>,
  { rounds, sampleMs }: MeasureOptions,
  elsewhere: Readonly<Record<string, (sampleMs: number) => Promise<number>>> = {},
): Promise<Samples> {
  const samples: Samples = {};
  const timers: Record<string, () => Promise<number>> = {};
  for (const [name, run] of Object.entries(alternatives)) {
    // Two runs warm it up: the first compiles, the second tells how often a sample has to repeat it.
    await time(run, 1);
    const once = await time(run, 1);
    const repeats = Math.max(1, Math.ceil(sampleMs / Math.max(once, 0.01)));
    timers[name] = () => time(run, repeats);
  }
  for (const [name, run] of Object.entries(elsewhere)) timers[name] = () => run(sampleMs);
  for (const name of Object.keys(timers)) samples[name] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(timers)) samples[name]!.push(await run());
  }
  return samples;
}

async function time(run: Alternative, repeats: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < repeats; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return (performance.now() - start) / repeats;
}

/** The middle value; of an even number, the higher of the two in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** How many times faster `name` is than `other`: the median over the rounds. Undefined when one was not measured. */
export function speedup(samples: Samples, name: string, other: string): number | undefined {
  const own = samples[name];
  const others = samples[other];
  if (own === undefined || others === undefined) return undefined;
  return median(own.map((ms, round) => others[round]! / ms));
}

/** Units a nanosecond (GB/s of bytes, G/s of points) of the best round. */
export function bestRate(samples: Samples, name: string, units: number): number {
  return units / Math.min(...samples[name]!) / 1e6;
}

/** Units a nanosecond of the round in the middle. */
export function medianRate(samples: Samples, name: string, units: number): number {
  return units / median(samples[name]!) / 1e6;
}

/** The mean of ratios. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
