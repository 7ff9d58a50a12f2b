/**
 * What one query reads: its parts executed, its progress and its stages counted, until it ends or the dataset is closed.
 *
 * @module
 */
import type { ReadPart } from "../core/plan.js";
import { ProgressCounter, type ReadMeter } from "../core/progress.js";
import type { GridAssembly } from "../worker/assembly.js";
import type { Engine } from "./engine.js";
import { type DecodedPart, type ExecuteContext, execute } from "./execute.js";
import type { OpenBodies } from "./open-bodies.js";
import type { RecordedOptions } from "./with-timelines.js";

export interface ReadingOptions {
  /** Blocks are written to it where they are decoded. */
  readonly grid?: GridAssembly | undefined;
  /** Rows after which no more is read; parts then come in the order of the plan. */
  readonly limit?: number | undefined;
  /** As of `ReadOptions`. */
  readonly queryBytes?: number | undefined;
}

/** What one query reads, in one round or in several, counted together. */
export interface Reading {
  planned(): void;
  /** Executes parts; `total` is their number, where it is known. */
  read(parts: AsyncIterable<ReadPart>, total?: number, options?: ReadingOptions): AsyncGenerator<DecodedPart>;
  collecting<T>(work: () => T): T;
  finish(): void;
  /** Nothing is told any more, however it ended. */
  end(): void;
  /** Aborts with the query, or when the dataset is closed. */
  readonly signal: AbortSignal;
  /** Counts what is read besides parts. */
  readonly meter: ReadMeter;
  /** Objects that its plan opens by their bodies. */
  readonly bodies: OpenBodies | undefined;
}

export function beginReading(options: RecordedOptions, engine: Engine, concurrency?: number): Reading {
  engine.coalesce.settle?.();
  const { recorder } = options;
  const meter = new ProgressCounter(options.onProgress, recorder);
  const { stages } = meter;
  const signal =
    options.signal === undefined ? engine.closed : AbortSignal.any([options.signal, engine.closed]);
  const bodies = engine.openBodies?.({ meter, signal });
  const context: ExecuteContext = {
    store: bodies?.store ?? engine.store,
    pool: engine.pool,
    coalesce: engine.coalesce,
    meter,
    stages,
    signal,
    ...(concurrency === undefined ? {} : { concurrency }),
  };
  let promised = 0;
  return {
    planned() {
      stages.planned();
      recorder?.planned();
    },
    async *read(parts, total, { grid, limit = Number.POSITIVE_INFINITY, queryBytes = 0 } = {}) {
      promised += total ?? 0;
      if (total !== undefined) meter.setTotal(promised);
      let rows = 0;
      const order = limit === Number.POSITIVE_INFINITY ? "arrival" : "plan";
      const own = { ...context, order, queryBytes, ...(grid === undefined ? {} : { grid }) } as const;
      for await (const decoded of execute(parts, own)) {
        const { result } = decoded;
        const found = result?.kind === "rows" ? result.rows : 0;
        rows += found;
        meter.partDone(found);
        yield decoded;
        if (rows >= limit) break;
      }
    },
    collecting: (work) =>
      recorder === undefined ? stages.collecting(work) : recorder.collecting(() => stages.collecting(work)),
    finish: () => meter.finish(),
    end: () => {
      bodies?.close();
      meter.end();
    },
    signal,
    meter,
    bodies,
  };
}
