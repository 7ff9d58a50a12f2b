/**
 * How the values of an array are unpacked by CF: what its attributes and its fill value say of them. The packages write
 * `_FillValue` of xarray as the fill value, and show it as that again (atlas-python 0.10 to 0.14, `xarray.py`).
 *
 * @module
 */
import { repeatNumbers } from "../../bytes/fill.js";
import { unpackValues } from "../../bytes/unpack.js";
import type { AttributeValue, MemberAttributes } from "../../core/dataset.js";
import { isRagged } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import type { JsonValue } from "../../core/json.js";
import type { Unpacking } from "../../core/plan.js";
import { type Described, unpackingOf } from "../../engine/packing.js";
import { type ArrayPlace, placeName, placeType, typeUnit } from "./array-place.js";
import type { LayeredEntry } from "./layers.js";
import { readMemberAttributes } from "./members.js";
import type { ReadSettings } from "./schema.js";
import { fillBytes } from "./types.js";

/** How values are unpacked, and one item of what then stands where nothing was written, in native bytes. */
export interface GridUnpacking {
  readonly rule: Unpacking;
  readonly fill: Uint8Array;
}

/** Marks what xarray had as durations: integers with a value for "none". */
const durationMark = "_pyatlas_timedelta";
const packingNames = [
  ...["_FillValue", "missing_value", "valid_range", "valid_min", "valid_max", "scale_factor", "add_offset"],
  ...["_Unsigned", durationMark],
];

/**
 * Reads how the values of an array are unpacked; attributes are asked for only where the metadata tell of some that say it.
 *
 * @returns `undefined` where the stored values mean themselves
 * @throws ReaderError `unsupported` when the files do not tell such an attribute from others, `invalid-metadata` when one is no number
 */
export async function readUnpacking(
  place: ArrayPlace,
  { entry }: LayeredEntry,
  settings: ReadSettings,
): Promise<GridUnpacking | undefined> {
  const { store, dataset, array, schema } = place;
  const name = placeName(place);
  const dtype = placeType(place);
  if (isRagged(dtype) || typeUnit(schema).unit !== undefined) return undefined;
  const { arrayAttributes, arrayAttributeTypes } = store.datasets.get(dataset)!;
  const told = arrayAttributes?.get(array) ?? arrayAttributeTypes?.get(array);
  const isTold = packingNames.some((one) => told?.has(one));
  const own = isTold ? await readMemberAttributes(store, dataset, array, settings) : undefined;
  const described = describePacking(place, own);
  const item = fillBytes(entry.fill, dtype, name);
  const isMark = entry.fill !== undefined && !Number.isNaN(entry.fill.value);
  const { _FillValue: _, ...others } = described.attributes;
  const rule = unpackingOf(isMark ? { ...described, attributes: others, mark: item } : described, name);
  if (rule === undefined) return undefined;
  const filled = unpackValues(repeatNumbers(rule.stored, 1, item), rule);
  return { rule, fill: new Uint8Array(filled.buffer, filled.byteOffset, filled.byteLength) };
}

/**
 * What attributes say of the packing of an array.
 *
 * @throws ReaderError `unsupported`
 */
export function describePacking(
  place: ArrayPlace,
  { values, unresolved }: MemberAttributes = { values: new Map(), unresolved: [] },
): Described {
  const unclear = unresolved.find((name) => packingNames.includes(name));
  if (unclear !== undefined) {
    throw new ReaderError(
      "unsupported",
      `${placeName(place)} cannot be decoded: its files do not tell the attribute ${unclear} from others.`,
      { hint: "Values as they are stored can be read by index. docs/formats/atlas.md tells of the fault." },
    );
  }
  const named = packingNames.flatMap((name) =>
    values.has(name) ? [[name, values.get(name)!] as const] : [],
  );
  const attributes = Object.fromEntries(named.map(([name, value]) => [name, toJson(value)]));
  const unit = values.has(durationMark) ? "nanoseconds" : typeUnit(place.schema).unit;
  return { attributes, dtype: placeType(place), unit };
}

/** Integers beyond 2^53 as text; lists also where they are xarray's, which are text. */
function toJson(value: AttributeValue): JsonValue {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return "bytes";
  if (typeof value === "object") return value.map(toJson);
  const list = typeof value === "string" ? /^json:\[(.*)\]$/s.exec(value)?.[1]?.trim() : undefined;
  if (list === undefined) return value;
  return list === "" ? [] : list.split(",").map(numberOr);
}

/** A number of a list; text where it is none, or an integer whose digits a number would lose. */
function numberOr(item: string): JsonValue {
  const text = item.trim();
  const number = text === "" ? Number.NaN : Number(text);
  const isExact = Number.isSafeInteger(number) || !/^-?\d+$/.test(text);
  return isExact && !Number.isNaN(number) ? number : text;
}
