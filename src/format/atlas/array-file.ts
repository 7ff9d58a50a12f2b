/**
 * One array file: an object, or a part of one, with its index.
 *
 * @module
 */
import type { AbsolutePath, ByteRange } from "../../core/plan.js";
import type { Engine } from "../../engine/engine.js";
import type { ReadOptions } from "../../store/types.js";
import { Footer } from "./footer.js";
import { arrayFileMark, type FilePlace, readIndex } from "./framing.js";

export interface Layer {
  readonly key: AbsolutePath;
  readonly footer: Footer;
  /** The part; absent for a whole object. */
  readonly part?: ByteRange;
}

/** The index of one array file; `undefined` where there is none. */
export async function readArrayFile(
  engine: Engine,
  place: FilePlace,
  options: ReadOptions,
): Promise<Layer | undefined> {
  const index = await readIndex(engine, place, arrayFileMark, options);
  const { key, part, where } = place;
  return index && { key, footer: new Footer(index, where), ...(part && { part }) };
}
