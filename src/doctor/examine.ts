/**
 * Looks at an address from the outside in: the words of it, the page, the host, the bucket, the data. What the library
 * itself would stumble over is found by reading as it does, so that the list says what an error would.
 *
 * @module
 */
import { isReaderError, type ReaderError } from "../core/error.js";
import type { AbsolutePath } from "../core/plan.js";
import { detectFormat } from "../detect.js";
import type { DiagnoseOptions } from "../diagnose.js";
import { inBrowser } from "../net/environment.js";
import { uncached } from "../net/probe.js";
import { redactUrl } from "../net/redact.js";
import { canDescribe, canList, type ReadableStore } from "../store/types.js";
import { isAddress, openPlace, type StoreHandle, type StorePlace } from "../store/url.js";
import { checkAnswers, checkRegion } from "./answers.js";
import { type CorsRule, corsRulesFor } from "./cors-rules.js";
import { type CheckId, Checklist, checkTitles, type Diagnosis } from "./diagnosis.js";
import { noteFailure, noteReadable, sentenceOf } from "./failure.js";
import { checkPage, checkSecurePage } from "./page.js";

const ofPages: readonly CheckId[] = [
  "secure-page",
  "mixed-content",
  "local-network",
  "policy",
  "cors",
  "preflight",
  "exposed-headers",
];
const ofNetworks: readonly CheckId[] = ["reachable", "clock", "credentials", "range", "size"];

/** What has a meaning for a location here. */
function checksFor(location: string | undefined): CheckId[] {
  const isRemote =
    location !== undefined && /^[a-z][a-z0-9+.-]+:/i.test(location) && !/^file:/i.test(location);
  return (Object.keys(checkTitles) as CheckId[]).filter((id) => {
    if (ofPages.includes(id)) return isRemote && inBrowser();
    if (ofNetworks.includes(id)) return isRemote;
    return id !== "region" || (location !== undefined && /^s3(\+https?)?:/i.test(location));
  });
}

/** Runs every check; what goes wrong is said in the list, only an abort is thrown. */
export async function examine(location: StorePlace, options: DiagnoseOptions): Promise<Diagnosis> {
  const text = isAddress(location) ? String(location) : undefined;
  const list = new Checklist(checksFor(text));
  const verdicts = new Set<string>();
  const url = await examineInto(list, location, options, verdicts);
  options.signal?.throwIfAborted();
  const checks = list.close();
  const isCorsAtFault =
    verdicts.has("network-or-cors") ||
    checks.some(
      ({ id, state }) =>
        ["cors", "preflight", "exposed-headers"].includes(id) && (state === "failed" || state === "warning"),
    );
  const origin = globalThis.location?.origin;
  const corsRules: readonly CorsRule[] =
    isCorsAtFault && origin !== undefined ? corsRulesFor(text ?? "", origin) : [];
  return { url, ok: checks.every(({ state }) => state !== "failed"), checks, corsRules };
}

/** @returns the address without secrets */
async function examineInto(
  list: Checklist,
  location: StorePlace,
  options: DiagnoseOptions,
  verdicts: Set<string>,
): Promise<string> {
  const { signal } = options;
  const shown = isAddress(location) ? redactUrl(location) : "store";
  checkSecurePage(list, options.credentials !== undefined && options.credentials !== "anonymous");
  const note = (thrown: unknown): void => {
    signal?.throwIfAborted();
    const error = asReaderError(thrown);
    if (error.detail.verdict !== undefined) verdicts.add(error.detail.verdict);
    noteFailure(list, error);
  };
  let store: StoreHandle;
  let url = shown;
  try {
    const fresh = { ...options, cache: 0, fetch: uncached(options.fetch) };
    ({ store, url } = await openPlace(location, fresh));
  } catch (thrown) {
    if (list.state("secure-page") === "failed")
      list.set("address", "ok", `${shown} can be read as an address.`);
    else list.set("address", "failed", sentenceOf(asReaderError(thrown)));
    return url;
  }
  if (canDescribe(store)) {
    try {
      await checkPage(list, (await store.describe("/zarr.json")).root);
    } catch (thrown) {
      note(thrown);
      return url;
    }
  }
  const key = await findData(list, store, url, signal, note);
  list.set("address", "ok", `${url} is an address that can be read.`);
  if (list.state("reachable") === "failed" || list.state("cors") === "failed") return url;
  const listed = await checkListing(list, store, signal);
  const known = key ?? listed;
  if (!canDescribe(store)) return url;
  const asking = { send: options.fetch, signal, region: options.region };
  if (list.applies("region")) await checkRegion(list, store, asking);
  if (known !== undefined) await checkAnswers(list, store, known, asking);
  return url;
}

/** Reads as `open` would; the key of the document that told the format, if one did. */
async function findData(
  list: Checklist,
  store: ReadableStore,
  url: string,
  signal: AbortSignal | undefined,
  note: (thrown: unknown) => void,
): Promise<AbsolutePath | undefined> {
  try {
    const { entry, marker } = await detectFormat(store, url, signal);
    noteReadable(list);
    list.set("preflight", "ok", "No preflight is in the way.");
    list.set("credentials", "ok", "The server lets us read.");
    list.set("format", "ok", `${marker.slice(1)} says ${entry.id}.`);
    // A folder tells a format too, and is no object.
    return marker.endsWith("/") ? undefined : marker;
  } catch (thrown) {
    note(thrown);
    if (isReaderError(thrown, "unknown-format")) {
      list.set("preflight", "ok", "No preflight is in the way.");
      list.set("credentials", "ok", "The server answers without a refusal.");
    }
    return undefined;
  }
}

/** Asks for the first key; few formats need more than none. */
async function checkListing(
  list: Checklist,
  store: ReadableStore,
  signal: AbortSignal | undefined,
): Promise<AbsolutePath | undefined> {
  const need =
    "Formats without an index of their own need it: consolidate metadata, or give the option listing.";
  if (!canList(store)) {
    list.set("listing", "warning", `This store cannot list its keys. ${need}`);
    return undefined;
  }
  try {
    for await (const { key } of store.list("/", signal === undefined ? {} : { signal })) {
      list.set("listing", "ok", "Keys can be listed.");
      return key;
    }
    list.set("listing", "warning", "The list of keys is empty: nothing lies below this address.");
  } catch (thrown) {
    signal?.throwIfAborted();
    const { code, message } = asReaderError(thrown);
    const why =
      code === "forbidden" ? "The server does not let us list keys." : message.replace(`${code}: `, "");
    list.set("listing", "warning", `${why} ${need}`);
  }
  return undefined;
}

/** What is thrown that is not ours is a mistake of ours, and must not look like a diagnosis. */
function asReaderError(thrown: unknown): ReaderError {
  if (isReaderError(thrown)) return thrown;
  throw thrown;
}
