/**
 * One attempt at a read, as it is told of.
 *
 * @module
 */
import { type AttemptRecord, clockNow, type SeenRequest, type SentRequest } from "../../core/recorder.js";

export class Attempt implements AttemptRecord {
  readonly number: number;
  /** When the one before ended. */
  readonly pausedAt: number | undefined;
  readonly queuedAt: number = clockNow();
  readonly seen: SeenRequest[] = [];
  admittedAt: number | undefined;
  sentAt: number | undefined;
  endedAt: number | undefined;
  request: SentRequest | undefined;
  bytes = 0;
  /** `Answer.kind`; `undefined` while there is none, and where nobody waited for it. */
  answer: string | undefined;

  constructor(number: number, before: Attempt | undefined) {
    this.number = number;
    this.pausedAt = before?.endedAt;
  }

  admitted(): void {
    this.admittedAt = clockNow();
  }

  sent(request: SentRequest): void {
    this.sentAt = clockNow();
    this.request = request;
  }

  came(bytes: number): void {
    this.bytes += bytes;
  }

  whole(request: SentRequest, reading: Promise<Uint8Array | undefined>): void {
    this.admitted();
    this.sent(request);
    const counted = reading.then((bytes) => {
      this.came(bytes?.byteLength ?? 0);
      return { answer: { kind: bytes === undefined ? "absent" : "bytes" } };
    });
    this.follow(counted);
  }

  follow(attempt: Promise<{ readonly answer: { readonly kind: string } }>): void {
    attempt.then(
      ({ answer }) => this.#end(answer.kind),
      () => this.#end(undefined),
    );
  }

  #end(kind: string | undefined): void {
    this.endedAt = clockNow();
    this.answer = kind;
  }
}
