/**
 * What is not there is not passed over in silence: the run counts it as skipped, and says what would install it.
 *
 * @module
 */
import { describe, it } from "vitest";

/** Stands for the store contract over a server that this machine does not have. */
export function notInstalled(server: string, command: string): void {
  describe(`${server} IS NOT INSTALLED: ${command}`, () => {
    it.skip("the store contract over it", () => {});
  });
}
