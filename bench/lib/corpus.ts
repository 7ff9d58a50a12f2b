/**
 * The encoded data on disk, made once into `.cache/bench`: `<set>.raw`, and `<set>.<encoding>.pack`, which is the chunks one after the
 * other. Browsers and the native process read the same files.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeDatasets } from "./datasets.js";
import { encodings } from "./encode.js";

export const CHUNK_BYTES: number = 1 << 20;

/** One set in one encoding. */
export interface Pack {
  readonly set: string;
  readonly encoding: string;
  readonly itemBytes: number;
  /** Bytes of each encoded chunk, in order. */
  readonly lengths: readonly number[];
  /** Bytes of a decoded chunk. */
  readonly chunkBytes: number;
}

export interface Manifest {
  readonly stamp: string;
  readonly packs: readonly Pack[];
}

/** Makes what is missing or was made by other code, and returns what there is. */
export async function prepareCorpus(
  folder: string,
  sources: string,
  say: (line: string) => void,
): Promise<Manifest> {
  const hash = createHash("sha256");
  for (const name of ["datasets", "encode", "shuffle", "random", "corpus"]) {
    hash.update(readFileSync(join(sources, `${name}.ts`)));
  }
  const stamp = hash.digest("hex");
  const file = join(folder, "manifest.json");
  if (existsSync(file)) {
    const known = JSON.parse(readFileSync(file, "utf8")) as Manifest;
    if (known.stamp === stamp) return known;
  }
  say("Making the data sets and encoding them (once) …");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const packs: Pack[] = [];
  for (const { name: set, bytes, itemBytes } of makeDatasets()) {
    writeFileSync(join(folder, `${set}.raw`), bytes);
    for (const [encoding, encode] of Object.entries(encodings)) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
        chunks.push(await encode(bytes.slice(at, at + CHUNK_BYTES), itemBytes));
      }
      writeFileSync(join(folder, `${set}.${encoding}.pack`), Buffer.concat(chunks));
      packs.push({
        set,
        encoding,
        itemBytes,
        lengths: chunks.map((chunk) => chunk.length),
        chunkBytes: CHUNK_BYTES,
      });
    }
  }
  const manifest: Manifest = { stamp, packs };
  writeFileSync(file, JSON.stringify(manifest));
  return manifest;
}
