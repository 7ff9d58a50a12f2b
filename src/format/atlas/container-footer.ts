/**
 * The footer of a container (`data.atlas`): positional MessagePack, in which structs are lists and enums maps of one entry
 * (atlas 0.16 and 0.17, `docs/format.md`).
 *
 * | version | lists of the footer                                                                                |
 * | ------- | -------------------------------------------------------------------------------------------------- |
 * | 1       | version, segment format, codec, created, schemas, attribute names, datasets                        |
 * | 6, 7    | version, segment format, codec, created, texts, types, schemas, variables, datasets                |
 * | 8       | version, codec, created, texts, types, schemas, variables, datasets                                |
 *
 * A segment is an array file: of one dataset in version 1, of one array name in all datasets later.
 *
 * @module
 */

import type { AttributeValue, MemberStatistics, StatisticValue } from "../../core/dataset.js";
import type { ByteRange } from "../../core/plan.js";
import type { ArraySchema, DatasetSchema } from "./schema.js";
import { toTimeText } from "./time-text.js";
import { badMetadata, TreeReader } from "./tree.js";

/** Where the array files of a container are. */
export interface ContainerFooter {
  readonly version: number;
  /** Blocks of its segments are compressed, as far as it tells. */
  readonly isCompressed: boolean;
  /** In order, deleted ones too. */
  readonly datasets: readonly (readonly [name: string, schema: DatasetSchema])[];
  /** By dataset in version 1, by array name later. */
  readonly segments: ReadonlyMap<string, ByteRange>;
  /** Version 6: files of statistics by array name. */
  readonly statisticsFiles: ReadonlyMap<string, ByteRange>;
  /** Version 1 from 0.16 on. */
  statistics?(array: string): ReadonlyMap<string, MemberStatistics>;
}

/** Length of magic and version in front of the segments. */
const headBytes = 8;
const maxRank = 64;
/** As the footer spells the codec that leaves blocks as they are. */
const uncompressed = "Uncompressed";

/** @throws ReaderError `invalid-metadata` */
export function parseContainerFooter(root: TreeReader, version: number): ContainerFooter {
  const items = root.items();
  const [told, ...rest] = items;
  if (told?.size() !== version) {
    throw root.bad(`is of version ${String(told?.value)} in a container of version ${version}`);
  }
  const isCompressed = rest[version === 8 ? 0 : 1]?.value !== uncompressed;
  const read = version === 1 ? parseByDataset(rest, root.where) : parseByArray(rest, version, root.where);
  return { version, isCompressed, ...read };
}

/** What a footer tells whatever its version. */
type FooterBody = Omit<ContainerFooter, "version" | "isCompressed">;

function parseByDataset(items: readonly TreeReader[], where: string): FooterBody {
  const [schemaPool, namePool, datasetList] = takeAll(items.slice(3), 3, where);
  const schemas = schemaPool!.items().map((schema) => readPlainArrays(take(schema.items(), 0, schema.where)));
  const names = namePool!.texts();
  const segments = new Map<string, ByteRange>();
  const statistics: (readonly [string, readonly string[], TreeReader])[] = [];
  const datasets = datasetList!.items().map((dataset) => {
    const fields = dataset.items();
    const [name, schema, offset, length, attributes, arrayAttributes] = takeAll(fields, 6, dataset.where);
    const arrays = pick(schemas, schema!);
    const arrayNames = [...arrays.keys()];
    addTo(segments, name!, rangeOf(offset!, length!));
    if (fields[6] !== undefined) statistics.push([name!.text(), arrayNames, fields[6]]);
    return [
      name!.text(),
      new PlainDataset(arrays, arrayNames, names, attributes!, arrayAttributes!),
    ] as const;
  });
  return {
    datasets,
    segments,
    statisticsFiles: new Map(),
    ...(statistics.length > 0 && { statistics: (array) => readStatistics(statistics, array) }),
  };
}

/** Version 1: attributes are in the footer, and read when they are asked for. */
class PlainDataset implements DatasetSchema {
  readonly arrays: ReadonlyMap<string, ArraySchema>;
  readonly #arrayNames: readonly string[];
  readonly #names: readonly string[];
  readonly #attributes: TreeReader;
  readonly #arrayAttributes: TreeReader;

  constructor(
    arrays: ReadonlyMap<string, ArraySchema>,
    arrayNames: readonly string[],
    names: readonly string[],
    attributes: TreeReader,
    arrayAttributes: TreeReader,
  ) {
    this.arrays = arrays;
    this.#arrayNames = arrayNames;
    this.#names = names;
    this.#attributes = attributes;
    this.#arrayAttributes = arrayAttributes;
  }

  get attributes(): ReadonlyMap<string, AttributeValue> {
    return this.#read(this.#attributes);
  }

  get arrayAttributes(): ReadonlyMap<string, ReadonlyMap<string, AttributeValue>> {
    return new Map([
      ...this.#arrayNames.map((name) => [name, new Map<string, AttributeValue>()] as const),
      ...pairsOf(this.#arrayAttributes).map(
        ([array, attributes]) => [pick(this.#arrayNames, array), this.#read(attributes)] as const,
      ),
    ]);
  }

  #read(attributes: TreeReader): ReadonlyMap<string, AttributeValue> {
    return new Map(
      pairsOf(attributes).map(([key, value]) => [pick(this.#names, key), readAttribute(value)] as const),
    );
  }
}

function parseByArray(items: readonly TreeReader[], version: number, where: string): FooterBody {
  const pools = items.slice(version === 8 ? 2 : 3);
  const [textPool, typePool, schemaPool, variableList, datasetList] = takeAll(pools, 5, where);
  const texts = textPool!.texts();
  const types = typePool!.items().map(readType);
  const schemas = schemaPool!.items().map((schema) => readPooledSchema(schema, texts, types));
  const segments = new Map<string, ByteRange>();
  const statisticsFiles = new Map<string, ByteRange>();
  for (const variable of variableList!.items()) {
    const fields = takeAll(variable.items(), version === 6 ? 5 : 3, variable.where);
    const [name, offset, length, statisticsOffset, statisticsLength] = fields;
    const text = new TreeReader(pick(texts, name!), variable.where);
    addTo(segments, text, rangeOf(offset!, length!));
    if (version === 6 && statisticsLength!.size() > 0) {
      addTo(statisticsFiles, text, rangeOf(statisticsOffset!, statisticsLength!));
    }
  }
  const names = new Set<string>();
  const datasets = datasetList!.items().map((dataset) => {
    const [name, schema] = takeAll(dataset.items(), 2, dataset.where);
    if (names.has(name!.text())) throw dataset.bad(`"${name!.text()}" is there twice`);
    names.add(name!.text());
    return [name!.text(), pick(schemas, schema!)] as const;
  });
  return { datasets, segments, statisticsFiles };
}

function readPooledSchema(
  schema: TreeReader,
  texts: readonly string[],
  types: readonly string[],
): DatasetSchema {
  const typed = (list: TreeReader): (readonly [string, string])[] =>
    pairsOf(list).map(([name, type]) => [pick(texts, name), pick(types, type)] as const);
  const [arrayList, attributes, arrayAttributes] = takeAll(schema.items(), 3, schema.where);
  const arrays = typed(arrayList!);
  return {
    arrays: new Map(arrays.map(([name, type]) => [name, { type }] as const)),
    attributeTypes: new Map(typed(attributes!)),
    arrayAttributeTypes: new Map(
      pairsOf(arrayAttributes!).map(([array, own]) => [pick(arrays, array)[0], new Map(typed(own))] as const),
    ),
  };
}

function readPlainArrays(arrays: TreeReader): ReadonlyMap<string, ArraySchema> {
  return new Map(
    arrays.entries().map(([name, array]) => {
      const [type, shape, chunkShape, dimensions] = takeAll(array.items(), 4, array.where);
      const layout = {
        shape: shape!.sizes(),
        chunkShape: chunkShape!.sizes(),
        dimensions: dimensions!.texts(),
      };
      if (layout.chunkShape.length !== layout.shape.length || layout.shape.length > maxRank) {
        throw array.bad("has chunks of another number of axes than its shape");
      }
      return [name, { type: readType(type!), layout }] as const;
    }),
  );
}

/** Types without parameters are texts, lists maps of one entry. */
function readType(type: TreeReader): string {
  return type.isMap ? only(type)[0] : type.text();
}

function readAttribute(attribute: TreeReader): AttributeValue {
  const [kind, value] = only(attribute);
  if (kind === "TimestampNanoseconds") return toTimeText(value.whole());
  if (kind === "Binary") return Uint8Array.from(value.sizes());
  if (!kind.endsWith("List")) return scalarOf(value);
  return value
    .items()
    .map((item) => (kind === "BinaryList" ? Uint8Array.from(item.sizes()) : scalarOf(item)));
}

function scalarOf(scalar: TreeReader): boolean | number | bigint | string {
  const { value } = scalar;
  if (value !== undefined && typeof value !== "object") return value;
  throw scalar.bad("is no attribute that is known");
}

function readStatistics(
  datasets: readonly (readonly [string, readonly string[], TreeReader])[],
  array: string,
): ReadonlyMap<string, MemberStatistics> {
  const found = new Map<string, MemberStatistics>();
  for (const [dataset, arrays, list] of datasets) {
    for (const [number, statistics] of pairsOf(list)) {
      if (pick(arrays, number) !== array) continue;
      const [min, max, nulls, rows] = takeAll(statistics.items(), 4, statistics.where);
      found.set(dataset, {
        rows: rows!.whole(),
        nulls: nulls!.whole(),
        ...(min!.value !== undefined && { min: readBound(min!) }),
        ...(max!.value !== undefined && { max: readBound(max!) }),
      });
    }
  }
  return found;
}

function readBound(bound: TreeReader): StatisticValue {
  const [kind, value] = only(bound);
  if (kind === "Bytes") return Uint8Array.from(value.sizes());
  if (kind !== "Float") return value.whole();
  if (typeof value.value === "number") return value.value;
  throw value.bad("should be a number");
}

function rangeOf(offset: TreeReader, length: TreeReader): ByteRange {
  const range = { offset: offset.size(), length: length.size() };
  if (range.offset >= headBytes && range.length > 0) return range;
  throw offset.bad(`names ${range.length} bytes at ${range.offset} as a segment`);
}

function addTo(ranges: Map<string, ByteRange>, name: TreeReader, range: ByteRange): void {
  if (ranges.has(name.text())) throw name.bad(`"${name.text()}" is there twice`);
  ranges.set(name.text(), range);
}

/** A list of pairs. */
function pairsOf(list: TreeReader): (readonly [TreeReader, TreeReader])[] {
  return list.items().map((pair) => {
    const [first, second] = takeAll(pair.items(), 2, pair.where);
    return [first!, second!] as const;
  });
}

/** The only entry of a map. */
function only(map: TreeReader): readonly [string, TreeReader] {
  const [entry, ...others] = map.entries();
  if (entry !== undefined && others.length === 0) return entry;
  throw map.bad("should be a map of one entry");
}

function pick<T>(pool: readonly T[], index: TreeReader): T {
  const item = pool[index.size()];
  if (item !== undefined) return item;
  throw index.bad(`names entry ${index.size()} of ${pool.length}`);
}

function take(items: readonly TreeReader[], index: number, where: string): TreeReader {
  return takeAll(items, index + 1, where)[index]!;
}

/** @returns the items, as many at least */
function takeAll(items: readonly TreeReader[], count: number, where: string): readonly TreeReader[] {
  if (items.length >= count) return items;
  throw badMetadata(where, `has ${items.length} fields, ${count} are needed`);
}
