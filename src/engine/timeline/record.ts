/**
 * Keeps the timeline of a query; loaded by the first one that is asked for.
 *
 * @module
 */
import type { AttemptRecord, QueryRecorder, Recorder, RecorderTap, TaskRecord } from "../../core/recorder.js";
import { clockNow } from "../../core/recorder.js";
import type { QueryOptions } from "../../core/source.js";
import type { Timeline } from "../../core/timeline.js";
import type { Engine } from "../engine.js";
import { Attempt } from "./attempt.js";
import { drawTimeline, type Kept } from "./draw.js";
import { Task } from "./task.js";

/** Runs a question with a recorder, and tells its timeline just before it settles. */
export async function recordQuery<O extends QueryOptions, T>(
  options: O,
  engine: Engine,
  run: (options: O) => Promise<T>,
): Promise<T> {
  const recording = new Recording(options, engine);
  try {
    const result = await run(recording.options);
    recording.end("done");
    return result;
  } finally {
    recording.end("failed");
  }
}

/** The same for a stream, whose timeline also covers what its reader did between two parts. */
export async function* recordStream<O extends QueryOptions, T>(
  options: O,
  engine: Engine,
  run: (options: O) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const recording = new Recording(options, engine);
  try {
    yield* run(recording.options);
    recording.end("done");
  } catch (thrown) {
    recording.end("failed");
    throw thrown;
  } finally {
    recording.end("stopped");
  }
}

/** A recorder at work, from the beginning of its query to the end. */
class Recording<O extends QueryOptions> {
  /** With the recorder, and without the wish for one: sources that are made of others ask only once. */
  readonly options: O;
  readonly #recorder = new TimelineRecorder();
  readonly #tell: ((timeline: Timeline) => void) | undefined;
  readonly #isAborted: () => boolean;
  readonly #leave: () => void;
  #isOver = false;

  constructor({ onTimeline, ...options }: O, { store, closed }: Engine) {
    const { signal } = options;
    this.options = { ...options, recorder: this.#recorder } as unknown as O;
    this.#tell = onTimeline;
    this.#isAborted = () => signal?.aborted === true || closed.aborted;
    this.#leave = store.tap === undefined ? () => {} : join(store.tap, this.#recorder);
  }

  /** Told several outcomes, it takes the first. */
  end(outcome: Timeline["outcome"]): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leave();
    this.#tell?.(this.#recorder.draw(outcome === "failed" && this.#isAborted() ? "stopped" : outcome));
  }
}

class TimelineRecorder implements QueryRecorder {
  readonly #kept: Kept = {
    startedAt: clockNow(),
    plannedAt: undefined,
    attempts: [],
    tasks: [],
    collects: [],
  };

  attempt(number: number, before?: AttemptRecord): AttemptRecord {
    const attempt = new Attempt(number, before as Attempt | undefined);
    this.keepAttempt(attempt);
    return attempt;
  }

  keepAttempt(attempt: Attempt): void {
    this.#kept.attempts.push(attempt);
  }

  task(part: string): TaskRecord {
    const task = new Task(part);
    this.keepTask(task);
    return task;
  }

  keepTask(task: Task): void {
    this.#kept.tasks.push(task);
  }

  planned(): void {
    this.#kept.plannedAt = clockNow();
  }

  collecting<T>(work: () => T): T {
    const startedAt = clockNow();
    const end = (): void => {
      this.#kept.collects.push({ startedAt, endedAt: clockNow() });
    };
    const result = work();
    if (result instanceof Promise) result.then(end, end);
    else end();
    return result;
  }

  draw(outcome: Timeline["outcome"]): Timeline {
    return drawTimeline(this.#kept, outcome, clockNow());
  }
}

/** Reads that are no query's own belong to the timelines of all queries under way. */
class SharedRecorder implements Recorder {
  readonly members = new Set<TimelineRecorder>();

  attempt(number: number, before?: AttemptRecord): AttemptRecord {
    const attempt = new Attempt(number, before as Attempt | undefined);
    for (const member of this.members) member.keepAttempt(attempt);
    return attempt;
  }

  task(part: string): TaskRecord {
    const task = new Task(part);
    for (const member of this.members) member.keepTask(task);
    return task;
  }
}

/** @returns leaves the tap again */
function join(tap: RecorderTap, recorder: TimelineRecorder): () => void {
  const shared = tap.recorder instanceof SharedRecorder ? tap.recorder : new SharedRecorder();
  tap.recorder = shared;
  shared.members.add(recorder);
  return () => {
    shared.members.delete(recorder);
    if (shared.members.size === 0 && tap.recorder === shared) tap.recorder = undefined;
  };
}
