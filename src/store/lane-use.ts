/**
 * Performing in lanes as long as that works: a worker is under the policy its script was served with, which may forbid
 * what the page may do (docs/design/object-storage.md §13).
 *
 * @module
 */

import type { Answer } from "../net/answer.js";
import type { Bytes, Lane } from "../net/lane.js";
import { type Perform, perform } from "../net/perform.js";

/** What one store knows of lanes. */
export class LaneUse {
  readonly #onRefused: () => void;
  /** A lane got an answer: what fails later is the network's fault. */
  #reached = false;
  /** A lane got none, and none ever had. */
  #doubted = false;
  #refused = false;

  /** @param onRefused told once, when this thread gets answers that lanes do not get */
  constructor(onRefused: () => void) {
    this.#onRefused = onRefused;
  }

  /** Performs in a lane; on this thread where the lane has ended, or cannot reach what this thread can. */
  performIn(lane: Lane): Perform<Bytes> {
    return async (read, options) => {
      if (this.#refused || (this.#doubted && !this.#reached)) {
        const answer = await perform(read, options);
        if (!isUnreached(answer) && !this.#reached && !this.#refused) {
          this.#refused = true;
          this.#onRefused();
        }
        return answer;
      }
      const answer = await lane.perform(read, options);
      if (answer === undefined) return perform(read, options);
      if (!isUnreached(answer)) this.#reached = true;
      else this.#doubted = true;
      return answer;
    };
  }
}

function isUnreached(answer: Answer<unknown>): boolean {
  return answer.kind === "failure" && answer.failure.beforeHeaders === true;
}
