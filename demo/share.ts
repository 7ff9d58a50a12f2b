/**
 * @module
 * The page's state in the part of the address after `#`, which browsers send to nobody. Keys are never in it, and of
 * the data's address neither the query (where signed links keep their secrets) nor a user name.
 */
import type { IntervalEnd } from "cloudcrop";
import { type Draft, type Ends, localOf, type Place, type State } from "./state.js";

export interface Shared {
  readonly place: Place;
  /** The one who shared it had keys: the data will not open without. */
  readonly needsKeys: boolean;
  readonly source: string | undefined;
  readonly draft: Draft;
  readonly colourBy: string | undefined;
}

/** Drops what may be secret of an address. */
export function withoutSecrets(url: string): string {
  const bare = url.trim().replace(/[?#].*$/s, "");
  return bare.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, "$1");
}

/** The part of a link after `#`; empty while there is nothing to share. */
export function writeHash(state: State): string {
  const { place, keys, scene, draft, colourBy } = state;
  // A link cannot bring what lies on the user's own computer.
  if (place.url.trim() === "" || localOf(state) !== undefined) return "";
  const words = new URLSearchParams({ url: withoutSecrets(place.url) });
  if (place.endpoint !== "") words.set("endpoint", withoutSecrets(place.endpoint));
  if (place.region !== "") words.set("region", place.region);
  if (place.signing === "header") words.set("signing", "header");
  if (keys.accessKeyId !== "") words.set("keys", "needed");
  if (scene !== undefined) {
    words.set("source", scene.name);
    for (const [name, [min, max]] of Object.entries(draft.intervals)) {
      words.append("in", JSON.stringify([name, writeEnd(min), writeEnd(max)]));
    }
    if (draft.level !== undefined) words.set("level", String(draft.level));
    if (draft.fields !== undefined) words.set("fields", JSON.stringify(draft.fields));
    if (colourBy !== undefined) words.set("colour", colourBy);
  }
  return `#${words}`;
}

/** Reads a link of this page; `undefined` when it says nothing. What cannot be read in it is left out. */
export function readHash(hash: string): Shared | undefined {
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  const url = words.get("url");
  if (url === null || url === "") return undefined;
  const intervals = words.getAll("in").flatMap((text): [string, Ends][] => {
    const read = tryParse(text);
    if (!Array.isArray(read) || read.length !== 3 || typeof read[0] !== "string") return [];
    const ends = [readEnd(read[1]), readEnd(read[2])];
    return ends.includes(undefined) ? [] : [[read[0], ends as unknown as Ends]];
  });
  const level = words.get("level");
  const fields = tryParse(words.get("fields") ?? "");
  const hasFields = Array.isArray(fields) && fields.every((field) => typeof field === "string");
  return {
    place: {
      url,
      endpoint: words.get("endpoint") ?? "",
      region: words.get("region") ?? "",
      signing: words.get("signing") === "header" ? "header" : "query",
    },
    needsKeys: words.has("keys"),
    source: words.get("source") ?? undefined,
    draft: {
      intervals: Object.fromEntries(intervals),
      ...(level === "auto" ? { level } : {}),
      ...(level !== null && /^\d+$/.test(level) ? { level: Number(level) } : {}),
      ...(hasFields ? { fields: fields as string[] } : {}),
    },
    colourBy: words.get("colour") ?? undefined,
  };
}

/** JSON has no infinity and no 64-bit integers. */
function writeEnd(end: IntervalEnd): string | number {
  if (typeof end === "number" && Number.isFinite(end)) return end;
  return end instanceof Date ? end.toISOString() : String(end);
}

function readEnd(end: unknown): number | string | undefined {
  if (end === "Infinity" || end === "-Infinity") return Number(end);
  return typeof end === "number" || typeof end === "string" ? end : undefined;
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
