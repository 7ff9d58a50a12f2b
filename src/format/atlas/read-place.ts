/**
 * The entry of an array in the files of its name, held against the metadata.
 *
 * @module
 */
import { raceAbort } from "../../core/abort.js";
import { ReaderError } from "../../core/error.js";
import { type ArrayPlace, placeName } from "./array-place.js";
import { findEntry, type LayeredEntry } from "./layers.js";
import { isType } from "./types.js";

/**
 * The entry of an array in its files.
 *
 * @throws ReaderError `corrupt` when they do not have what the metadata declare
 */
export async function readPlace(place: ArrayPlace, signal?: AbortSignal): Promise<LayeredEntry> {
  const { dataset, array, schema, layers } = place;
  const name = placeName(place);
  const layered = findEntry(await raceAbort(layers(), signal), dataset);
  if (layered === undefined) {
    throw new ReaderError("corrupt", `The metadata list ${name}, but no file of ${array} has it.`, {
      hint: "The store may be uploaded in part, or be written to at this moment; open it again.",
    });
  }
  const { type, shape, chunkShape } = layered.entry;
  const isSame =
    isType(type, schema.type) &&
    shape.join() === schema.shape.join() &&
    chunkShape.join() === schema.chunkShape.join();
  if (isSame) return layered;
  throw new ReaderError(
    "corrupt",
    `${name} is ${schema.type} [${schema.shape.join()}] in chunks of [${schema.chunkShape.join()}] in the metadata, but not in its file.`,
    { hint: "The store may be written to at this moment; open it again." },
  );
}
