/**
 * Sources whose questions may be asked with `onTimeline`, after a look at their options. The code that keeps a timeline is loaded when the
 * first is asked for.
 *
 * @module
 */
import { loadPart } from "../core/load-part.js";
import type { QueryRecorder } from "../core/recorder.js";
import type { AnySource, GridSource, PointSource, QueryOptions } from "../core/source.js";
import type { GridTable } from "../core/table.js";
import { checkOptions, checkTable } from "./check-query.js";
import { type Engine, whileOpen } from "./engine.js";

/** Options on their way inwards. */
export interface RecordedOptions extends QueryOptions {
  readonly recorder?: QueryRecorder;
}

const loadRecording = (): Promise<typeof import("./timeline/record.js")> =>
  loadPart(import("./timeline/record.js"));

/** Runs a question; with a recorder where a timeline is asked for. */
export async function recorded<O extends QueryOptions, T>(
  options: O,
  engine: Engine,
  run: (options: O) => Promise<T>,
): Promise<T> {
  if (options.onTimeline === undefined) return run(options);
  return (await loadRecording()).recordQuery(options, engine, run);
}

async function* recordedStream<O extends QueryOptions, T>(
  options: O,
  engine: Engine,
  run: (options: O) => AsyncIterable<T>,
): AsyncGenerator<T> {
  yield* (await loadRecording()).recordStream(options, engine, run);
}

type Ask<T> = (asked?: unknown, options?: QueryOptions) => T;

/** The same source; options of its questions are checked, and their timelines told to those who ask for them. */
export function withTimelines<S extends AnySource>(source: S, engine: Engine): S {
  const { query, stream, explain } = source as unknown as Record<
    "query" | "explain",
    Ask<Promise<unknown>>
  > & {
    stream: Ask<AsyncIterable<unknown>>;
  };
  const { read } = source as Partial<GridSource> as { read?: Ask<Promise<unknown>> };
  const { axes, release } = source as Partial<GridSource>;
  const { coverage } = source as Partial<PointSource>;
  const record =
    (name: string, run: Ask<Promise<unknown>>, more: readonly string[]): Ask<Promise<unknown>> =>
    async (asked, options = {}) => {
      await checkOptions(options, name, more);
      return recorded(options, engine, (own) => run(asked, own));
    };
  const into = read === undefined ? [] : ["into"];
  const asked = {
    query: record("query", query, into),
    async *stream(asked: unknown, options: QueryOptions = {}) {
      await checkOptions(options, "stream");
      yield* options.onTimeline === undefined
        ? stream(asked, options)
        : recordedStream(options, engine, (own) => stream(asked, own));
    },
    async explain(asked: unknown, options: QueryOptions = {}) {
      await checkOptions(options, "explain", ["rates"]);
      return explain(asked, options);
    },
    ...(axes && {
      async axes(options: NonNullable<Parameters<typeof axes>[0]> = {}) {
        await checkOptions(options, "axes", ["level"]);
        return whileOpen(options, engine, axes);
      },
    }),
    ...(coverage && {
      async coverage(options: NonNullable<Parameters<typeof coverage>[0]> = {}) {
        await checkOptions(options, "coverage");
        return whileOpen(options, engine, coverage);
      },
    }),
    ...(release && {
      release(table: GridTable) {
        checkTable(table);
        release(table);
      },
    }),
    ...(read && { read: record("read", read, [...into, "level", "decode"]) }),
  };
  return { ...source, ...asked } as S;
}
