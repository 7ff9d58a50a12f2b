/**
 * A task that goes along with the request for its object: the worker decodes the body as soon as it is there and answers once, where the
 * page would otherwise be told of the body, send the task, and be told of its result.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { Answer } from "../net/answer.js";
import type { Bytes, HeldBody, HeldBytes, Lane } from "../net/lane.js";
import { isHeld } from "../net/lane.js";
import type { PerformOptions } from "../net/perform.js";
import type { RemoteRead } from "../net/remote-read.js";
import { type RunOptions, takeReply } from "./jobs.js";
import type { WorkerLane } from "./lane.js";
import type { DecodeReply, DecodeResult, SentTask } from "./protocol.js";

/** The lane as the store sees it that reads for one task. */
export class Ride implements Lane {
  readonly #lane: WorkerLane;
  readonly #makeTask: () => SentTask;
  readonly #options: RunOptions;
  #ran: { readonly body: HeldBody; readonly reply: DecodeReply } | undefined;

  /** @param makeTask without the bytes, made anew for each request: memory that goes along is gone */
  constructor(lane: WorkerLane, makeTask: () => SentTask, options: RunOptions) {
    this.#lane = lane;
    this.#makeTask = makeTask;
    this.#options = options;
  }

  get alive(): boolean {
    return this.#lane.alive;
  }

  /** The task rides with requests for a whole object, until it has run once: what is left of a body that broke off is no chunk. */
  perform(read: RemoteRead, options: PerformOptions): Promise<Answer<HeldBytes> | undefined> {
    const isWhole = read.method === "GET" && read.range === undefined;
    return this.#lane.perform(read, options, isWhole && this.#ran === undefined ? this : undefined);
  }

  take(held: HeldBytes): Promise<Uint8Array> {
    return this.#lane.take(held);
  }

  join(parts: readonly HeldBytes[]): HeldBytes {
    return this.#lane.join(parts);
  }

  /** The task as it is sent. */
  board(): SentTask {
    return this.#makeTask();
  }

  /** Told of the reply, and of the body that it is about. */
  arrived(body: HeldBody, reply: DecodeReply): void {
    this.#ran = { body, reply };
  }

  /**
   * What the task came to, if it ran on these very bytes; `undefined` where it has yet to.
   *
   * @param bytes absent: nothing is stored
   * @throws ReaderError what it failed with; `changed` where it wrote a body to its grid that the store no longer has
   */
  resultFor(bytes: Bytes | undefined): DecodeResult | undefined {
    if (this.#ran === undefined) return undefined;
    const { body, reply } = this.#ran;
    if (bytes === undefined) {
      throw new ReaderError("changed", "An object went away while it was read.", {
        hint: "Open the data again.",
      });
    }
    const isSame = isHeld(bytes) && bytes.body === body && bytes.length === body.length;
    return isSame ? takeReply(reply, this.#options, this.#lane) : undefined;
  }
}
