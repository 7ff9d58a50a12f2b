/**
 * Why an address does not open. The doctor itself is loaded when it is called.
 *
 * @module
 */
import { checkOpenOptions } from "./check-options.js";
import { loadPart } from "./core/load-part.js";
import type { Diagnosis } from "./doctor/diagnosis.js";
import type { OpenLocation } from "./open.js";
import type { StorageOptions } from "./store/storage-options.js";

export interface DiagnoseOptions extends StorageOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Examines an address as `open` would read it, and says what is in order and what is not: a list of checks, each with a
 * state and a sentence, and the CORS rule to paste where one is missing. It reads a few bytes of metadata and no data.
 *
 * @returns the list; problems are in it and are not thrown
 * @throws the signal's reason when it aborts, ReaderError `config` for an option that can mean nothing
 * @example
 * const { ok, checks } = await diagnose("s3://bucket/data.zarr", { region: "eu-central-1" });
 * if (!ok) for (const { title, state, message } of checks) console.log(state, title, message);
 */
export async function diagnose(location: OpenLocation, options: DiagnoseOptions = {}): Promise<Diagnosis> {
  checkOpenOptions(options);
  options.signal?.throwIfAborted();
  const { examine } = await loadPart(import("./doctor/examine.js"));
  return examine(location, options);
}
