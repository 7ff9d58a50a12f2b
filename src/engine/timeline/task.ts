/**
 * One task of the pool, as it is told of.
 *
 * @module
 */
import { clockNow, type TaskRecord, type TaskTimes } from "../../core/recorder.js";

export class Task implements TaskRecord {
  readonly part: string;
  readonly queuedAt: number = clockNow();
  endedAt: number | undefined;
  /** Absent where the pool does not tell. */
  times: TaskTimes | undefined;
  lane: object | undefined;

  constructor(part: string) {
    this.part = part;
  }

  done(times: TaskTimes | undefined, lane?: object): void {
    this.endedAt = clockNow();
    this.times = times;
    this.lane = lane;
  }
}
