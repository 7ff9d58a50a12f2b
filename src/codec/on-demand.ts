/**
 * Codecs that few stores use: their code is loaded when a chunk names one, so that pages and workers without them stay small.
 *
 * @module
 */
import type { CodecSpec } from "../core/plan.js";
import {
  builtInCodecs,
  type CodecEntry,
  type CodecRegistry,
  createCodecRegistry,
  isSeldom,
} from "./registry.js";

/**
 * The built-in codecs with those of these names that are loaded on demand. Names that nobody knows are passed over: whoever
 * looks them up says so.
 */
export async function registryFor(names: Iterable<string>): Promise<CodecRegistry> {
  const wanted = new Set(names);
  const entries: CodecEntry[] = [];
  if ([...wanted].some(isSeldom)) entries.push(...(await import("./seldom.js")).entries);
  if (wanted.has("tiledb-tile")) {
    entries.push(["tiledb-tile", (await import("./tiledb/tile.js")).tiledbTile]);
  }
  if (
    ["offset-items", "runs", "section", "sections", "text-sections", "tiles"].some((name) => wanted.has(name))
  ) {
    entries.push(...(await import("./atlas.js")).entries);
  }
  if (wanted.has("sharding_indexed")) {
    const { defineSharding } = await import("./sharding.js");
    entries.push(["sharding_indexed", defineSharding(() => registry)]);
  }
  const registry = entries.length === 0 ? builtInCodecs : createCodecRegistry(entries);
  return registry;
}

/** As `registryFor`, for the codecs of these chains, and of the chains in their shards. */
export function loadCodecs(chains: Iterable<readonly CodecSpec[]>): Promise<CodecRegistry> {
  const specs = [...chains].flat();
  return registryFor(specs.flatMap((spec) => (spec.name === "sharding_indexed" ? wordsIn(spec) : spec.name)));
}

/** Every string: names, and what nobody takes for one. */
function wordsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return value instanceof Object ? Object.values(value).flatMap(wordsIn) : [];
}
