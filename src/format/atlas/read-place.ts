/**
 * The entry of an array in the files of its name, held against the metadata.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import { mapPaced } from "../../core/pace.js";
import { type ArrayPlace, placeName } from "./array-place.js";
import type { LayeredEntry } from "./layers.js";
import type { AtlasStore, EntrySettings } from "./schema.js";
import { isType } from "./types.js";

/**
 * The entries of an array in its files, in the order of the datasets, which all declare it.
 *
 * @throws ReaderError `corrupt` when files do not have what the metadata declare
 */
export async function readPlaces(
  store: AtlasStore,
  array: string,
  datasets: readonly string[],
  settings?: EntrySettings,
): Promise<readonly LayeredEntry[]> {
  const entries = await store.entries(array, datasets, settings);
  return mapPaced(datasets, (dataset, index) => {
    const schema = store.datasets.get(dataset)!.arrays.get(array)!;
    return checkEntry({ dataset, array, schema, store }, entries[index]);
  });
}

/** The entry of one array. */
export async function readPlace(
  { store, array, dataset }: ArrayPlace,
  settings?: EntrySettings,
): Promise<LayeredEntry> {
  const [entry] = await readPlaces(store, array, [dataset], settings);
  return entry!;
}

function checkEntry(place: ArrayPlace, layered: LayeredEntry | undefined): LayeredEntry {
  const { array, schema } = place;
  const name = placeName(place);
  if (layered === undefined) {
    throw new ReaderError("corrupt", `The metadata list ${name}, but no file of ${array} has it.`, {
      hint: "The store may be uploaded in part, or be written to at this moment; open it again.",
    });
  }
  const { type, shape, chunkShape } = layered.entry;
  const { layout = layered.entry } = schema;
  const isSame =
    isType(type, schema.type) &&
    shape.join() === layout.shape.join() &&
    chunkShape.join() === layout.chunkShape.join();
  if (isSame) return layered;
  throw new ReaderError(
    "corrupt",
    `${name} is ${schema.type} [${layout.shape.join()}] in chunks of [${layout.chunkShape.join()}] in the metadata, but not in its file.`,
    { hint: "The store may be written to at this moment; open it again." },
  );
}
