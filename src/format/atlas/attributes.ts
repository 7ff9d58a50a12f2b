/**
 * Attributes of a dataset or of one of its arrays, out of the layers of an array file.
 *
 * Dictionaries belong to layers, but the packages copy an entry into a newer layer with the places of its attributes as they
 * were, and `compact` joins dictionaries without adjusting places (array-format 0.11 and 0.12, `file.rs`). So a place may
 * mean a value of the layer or of one beneath it. It is taken for what it must mean; where it could mean either, the
 * attribute is unresolved.
 *
 * @module
 */
import type { AttributeValue, MemberAttributes } from "../../core/dataset.js";
import type { Layer } from "./array-file.js";
import { AttributeDictionary, type AttributePair, readPairs } from "./attribute-values.js";
import { type EntryVersion, findVersions } from "./layers.js";
import { attributeKindOf } from "./types.js";

/** Types of attributes by name, as the metadata spell them. */
export type AttributeTypes = ReadonlyMap<string, string>;

/**
 * Resolves the attributes that the metadata tell of.
 *
 * @param isOneFlush the metadata prove that the store was flushed once at most, so that even a compacted file has one dictionary
 */
export function resolveAttributes(
  layers: readonly Layer[],
  dataset: string,
  types: AttributeTypes,
  isOneFlush: boolean,
): MemberAttributes {
  const versions = findVersions(layers, dataset).found.map(openVersion);
  const values = new Map<string, AttributeValue>();
  const unresolved: string[] = [];
  for (const [name, type] of types) {
    const candidates = findCandidates(versions, 0, { name, kind: attributeKindOf(type), isOneFlush });
    const [value] = candidates;
    if (value !== undefined && candidates.every((other) => isSame(value, other))) values.set(name, value);
    else unresolved.push(name);
  }
  return { values, unresolved };
}

/** One version of an entry with its attributes as places, which count in this layer or in one beneath. */
interface Version {
  readonly isBase: boolean;
  readonly dictionary: AttributeDictionary;
  readonly pairs: readonly AttributePair[];
}

function openVersion({ layer: { footer }, entry }: EntryVersion): Version {
  return {
    isBase: footer.layer === 0,
    dictionary: new AttributeDictionary(footer),
    pairs: readPairs(footer.archive, entry.attributesAt),
  };
}

interface Wanted {
  readonly name: string;
  /** Tag of its values; `undefined` for lists, which have several. */
  readonly kind: number | undefined;
  readonly isOneFlush: boolean;
}

/** What an attribute may be as of one version of its entry. */
function findCandidates(versions: readonly Version[], at: number, wanted: Wanted): readonly AttributeValue[] {
  const version = versions[at];
  if (version === undefined) return [];
  const { dictionary, pairs, isBase } = version;
  const key = dictionary.names.indexOf(wanted.name);
  const pair = pairs.find((each) => each.key === key);
  const own = pair === undefined ? [] : dictionary.valuesOf([pair.value], wanted.kind);
  const below = versions[at + 1];
  if (below === undefined) {
    if (!isBase || wanted.isOneFlush || key < 0) return own;
    // A compacted file: places may count in a dictionary that is gone. A value that is the only one of its kind is it.
    return dictionary.valuesOf(Array(dictionary.size).keys(), wanted.kind);
  }
  if (pair !== undefined && !below.pairs.some((other) => isSamePair(pair, other))) return own;
  return [...own, ...findCandidates(versions, at + 1, wanted)];
}

function isSamePair(a: AttributePair, b: AttributePair): boolean {
  return a.key === b.key && a.value === b.value;
}

function isSame(a: AttributeValue, b: AttributeValue): boolean {
  const [left, right] = [a, b].map((value) => (typeof value === "object" ? Array.from(value) : [value]));
  return left!.length === right!.length && left!.every((item, index) => Object.is(item, right![index]));
}
