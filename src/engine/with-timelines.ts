/**
 * Sources whose questions may be asked with `onTimeline`. The code that keeps one is loaded when the first is asked for.
 *
 * @module
 */
import { loadPart } from "../core/load-part.js";
import type { QueryRecorder } from "../core/recorder.js";
import type { AnySource, GridSource, QueryOptions } from "../core/source.js";
import type { Engine } from "./engine.js";

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

/** The same source; the timelines of its questions are told to those who ask for them. */
export function withTimelines<S extends AnySource>(source: S, engine: Engine): S {
  const { query, stream } = source as { query: Ask<Promise<unknown>>; stream: Ask<AsyncIterable<unknown>> };
  const { read } = source as Partial<GridSource> as { read?: Ask<Promise<unknown>> };
  const record =
    (run: Ask<Promise<unknown>>): Ask<Promise<unknown>> =>
    (asked, options = {}) =>
      recorded(options, engine, (own) => run(asked, own));
  const timed = {
    query: record(query),
    stream: (asked: unknown, options: QueryOptions = {}) =>
      options.onTimeline === undefined
        ? stream(asked, options)
        : recordedStream(options, engine, (own) => stream(asked, own)),
    ...(read && { read: record(read) }),
  };
  return { ...source, ...timed } as S;
}
