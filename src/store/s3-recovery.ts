/**
 * What cures a refusal by S3: another region, a corrected clock, fresh secrets. Loaded with the first refusal, as a bucket
 * that answers needs none of it (docs/design/object-storage.md §9, §10).
 *
 * @module
 */
import { raceAbort } from "../core/abort.js";
import type { Failure } from "../net/failure.js";
import { probeRegion } from "../net/probe-region.js";
import type { Transport } from "../net/retry.js";
import { isRegion } from "./s3-address.js";
import type { S3Setup } from "./s3-setup.js";

export class S3Recovery {
  readonly #setup: S3Setup;
  readonly #transport: Transport;
  #regionAsked: Promise<string | undefined> | undefined;
  #refreshFailure: string | undefined;

  constructor(setup: S3Setup, transport: Transport) {
    this.#setup = setup;
    this.#transport = transport;
  }

  /** Why there were no new secrets, in words. */
  get refreshFailure(): string | undefined {
    return this.#refreshFailure;
  }

  /** Whether another attempt has better prospects now. */
  async cure(failure: Failure, signal: AbortSignal | undefined): Promise<boolean> {
    const { clock, credentials, links } = this.#setup;
    if (failure.class === "region") return this.#moveTo(failure.region ?? (await this.#askRegion(signal)));
    // Every request is signed as it is sent, so a link that is refused as expired speaks of the clock.
    if (failure.class === "clock" || failure.serverCode === "AccessDenied") {
      return failure.serverTimeMs !== undefined && clock.correct(failure.serverTimeMs);
    }
    if (links !== undefined) {
      links.clear();
      return true;
    }
    if (credentials.kind !== "keys") return false;
    this.#refreshFailure = await credentials.provider.replace(signal);
    return this.#refreshFailure === undefined;
  }

  /** Asks where the bucket is, before the first signature for it. */
  async findRegion(signal: AbortSignal | undefined): Promise<void> {
    const region = await this.#askRegion(signal);
    if (this.#setup.asksRegion) this.#moveTo(region);
    this.#setup.asksRegion = false;
  }

  /** Asks the bucket itself, once. */
  #askRegion(signal: AbortSignal | undefined): Promise<string | undefined> {
    this.#regionAsked ??= probeRegion(this.#setup.address.root, this.#transport);
    return raceAbort(this.#regionAsked, signal);
  }

  /** The host is made from the region's name, never taken from the answer: keys go to no other provider. */
  #moveTo(region: string | undefined): boolean {
    const setup = this.#setup;
    if (region === undefined || region === setup.address.region || !isRegion(region)) return false;
    setup.address = setup.addressIn(region);
    return true;
  }
}
