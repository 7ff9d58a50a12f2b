/**
 * Codecs that few stores use: their code is loaded when a chunk names one, so that pages and workers without them stay small.
 *
 * @module
 */
import type { CodecSpec } from "../core/plan.js";
import type { CodecDefinition } from "./define.js";
import { builtInCodecs, type CodecRegistry, createCodecRegistry } from "./registry.js";

const loaders: ReadonlyMap<string, () => Promise<CodecDefinition>> = new Map([
  ["tiledb-tile", async () => (await import("./tiledb/tile.js")).tiledbTile],
]);

/**
 * The built-in codecs with those of these chains that are loaded on demand. Names that nobody knows are passed over: whoever
 * looks them up says so.
 */
export async function loadCodecs(chains: Iterable<readonly CodecSpec[]>): Promise<CodecRegistry> {
  const wanted = new Set<string>();
  for (const chain of chains) for (const { name } of chain) if (loaders.has(name)) wanted.add(name);
  if (wanted.size === 0) return builtInCodecs;
  const load = async (name: string): Promise<[string, CodecDefinition]> => [name, await loaders.get(name)!()];
  return createCodecRegistry(await Promise.all([...wanted].map(load)));
}
