/**
 * One variable of many datasets: all of them are planned first, then each block that holds any of their chunks is read and
 * decoded once, and its chunks are placed where they belong.
 *
 * @module
 */
import { cropValues, placeCrop } from "../../bytes/block.js";
import { createItems, numbersOfItem } from "../../bytes/fill.js";
import { parseOffsetItems } from "../../codec/offset-items.js";
import type { AcrossOptions } from "../../core/dataset.js";
import {
  countItems,
  type FixedType,
  isRagged,
  type TypedArray,
  type TypedArrayConstructor,
} from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import { mapPaced, startPace } from "../../core/pace.js";
import type { BlockPart } from "../../core/plan.js";
import type { GridSelection, GridTarget } from "../../core/source.js";
import { type AcrossTable, type Axis, type StackedTable, stridesOf } from "../../core/table.js";
import type { Engine } from "../../engine/engine.js";
import { type GridCollector, openCollector } from "../../engine/grid-collector.js";
import { axisOf } from "../../engine/labels/axis.js";
import { beginReading, type Reading } from "../../engine/reading.js";
import { countRuns, type ResolvedSelection, resolveSelection } from "../../engine/selection.js";
import { type ArrayPlace, placeName, placeType, typeUnit } from "./array-place.js";
import { type BlockRead, blockReads } from "./block-reads.js";
import { type ChunkPiece, chunkPieces } from "./chunk-pieces.js";
import { keepBodies } from "./keep-bodies.js";
import type { LayeredEntry } from "./layers.js";
import { readPlaces } from "./read-place.js";
import type { AtlasStore } from "./schema.js";
import { fillBytes } from "./types.js";

/** The variable in one dataset, and what is read of it. */
interface Member extends ResolvedSelection {
  readonly place: ArrayPlace;
  readonly layered: LayeredEntry;
  readonly dimensions: readonly string[];
  /** Of what is read, with the axes that an index selects. */
  readonly shape: readonly number[];
}

/**
 * Reads one variable of many datasets.
 *
 * @throws ReaderError `not-found`, `invalid-query`: docs/design/api.md §2
 */
export async function readAcross(
  store: AtlasStore,
  array: string,
  options: AcrossOptions,
  engine: Engine,
): Promise<AcrossTable | StackedTable> {
  const { concurrency, stacked } = options;
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency > 0)) {
    throw new ReaderError(
      "invalid-query",
      `concurrency should be a whole number from 1 on, found ${concurrency}.`,
    );
  }
  const datasets = chooseDatasets(store, array, options.datasets);
  const reading = beginReading(options, engine, concurrency);
  try {
    const members = await findMembers(store, array, datasets, options.selection, reading);
    const there = members.filter((member) => member !== undefined);
    if (stacked) checkStack(there, members, datasets, array);
    const table = await read(datasets, members, reading, engine);
    reading.finish();
    return stacked ? stack(table, there[0]!) : table;
  } finally {
    reading.end();
  }
}

/** @throws ReaderError `not-found` for a dataset that is not there, or where none of them has the variable */
function chooseDatasets(
  { datasets }: AtlasStore,
  array: string,
  asked?: readonly string[],
): readonly string[] {
  const unknown = asked?.find((name) => !datasets.has(name));
  if (unknown !== undefined) {
    throw new ReaderError(
      "not-found",
      `The store has no dataset "${unknown}"; it has ${datasets.size} others.`,
    );
  }
  const having = (name: string): boolean => datasets.get(name)!.arrays.has(array);
  const chosen = asked ?? [...datasets.keys()].filter(having);
  if (chosen.some(having)) return chosen;
  const known = [...new Set([...datasets.values()].flatMap(({ arrays }) => [...arrays.keys()]))];
  throw new ReaderError("not-found", `No dataset asked for has the variable "${array}".`, {
    hint: `The store has ${known.slice(0, 20).join(", ") || "none"}${known.length > 20 ? " and others" : ""}.`,
  });
}

/** `undefined` where a dataset does not have the variable. */
async function findMembers(
  store: AtlasStore,
  array: string,
  datasets: readonly string[],
  selection: GridSelection = [],
  { signal, bodies }: Pick<Reading, "signal" | "bodies">,
): Promise<readonly (Member | undefined)[]> {
  const places = datasets.flatMap((dataset): ArrayPlace[] => {
    const schema = store.datasets.get(dataset)!.arrays.get(array);
    return schema === undefined ? [] : [{ dataset, array, schema, store }];
  });
  checkTypes(places);
  const having = places.map(({ dataset }) => dataset);
  const entries = await readPlaces(store, array, having, { signal, bodies, take: "block" });
  const members = await mapPaced(places, (place, index): Member => {
    const layered = entries[index]!;
    const { shape, dimensions } = layered.entry;
    const resolved = resolveSelection(selection, shape, dimensions);
    return { ...resolved, place, layered, dimensions, shape: resolved.runs.map(countRuns) };
  });
  let next = 0;
  return datasets.map((dataset) => (dataset === having[next] ? members[next++] : undefined));
}

function checkTypes(places: readonly ArrayPlace[]): void {
  const [first] = places;
  const type = first && placeType(first);
  const odd = places.find((place) => placeType(place) !== type || unitOf(place) !== unitOf(first!));
  if (odd === undefined) return;
  throw new ReaderError(
    "invalid-query",
    `${placeName(odd)} is ${odd.schema.type}, ${placeName(first!)} is ${first!.schema.type}.`,
    { hint: 'Name the datasets that have it in one type: datasets: ["…"].' },
  );
}

function unitOf({ schema }: ArrayPlace): string | undefined {
  return typeUnit(schema).unit;
}

function checkStack(
  there: readonly Member[],
  members: readonly (Member | undefined)[],
  datasets: readonly string[],
  array: string,
): void {
  const hint = "Without stacked each dataset keeps its own shape.";
  const absent = members.indexOf(undefined);
  if (absent >= 0) {
    const message = `Dataset ${datasets[absent]} has no variable "${array}", so it cannot be stacked.`;
    throw new ReaderError("invalid-query", message, { hint });
  }
  const [first] = there;
  const kept = ({ shape, dimensions, dropped }: Member): string[] =>
    shape.flatMap((count, axis) => (dropped.includes(axis) ? [] : [`${dimensions[axis]}: ${count}`]));
  const wanted = kept(first!).join(", ");
  const odd = there.find((member) => kept(member).join(", ") !== wanted);
  if (odd === undefined) return;
  throw new ReaderError(
    "invalid-query",
    `Of ${placeName(odd.place)} [${kept(odd).join(", ")}] would be read, of ${placeName(first!.place)} [${wanted}]: they cannot be stacked.`,
    { hint },
  );
}

/** Where what is read of one dataset goes: a part of the numbers of all, or items of its own. */
type Shelf = { readonly member: Member } & (
  | { readonly numbers: TypedArray }
  | { readonly items: GridCollector }
);

interface ShelfPiece extends ChunkPiece {
  readonly shelf: Shelf;
}

async function read(
  datasets: readonly string[],
  members: readonly (Member | undefined)[],
  reading: Reading,
  engine: Engine,
): Promise<AcrossTable> {
  const { place } = members.find((member) => member !== undefined)!;
  const dtype = placeType(place);
  const startIndices = startsOf(members);
  const numbers = isRagged(dtype) ? undefined : createItems(dtype, [startIndices.at(-1)!]);
  const shelves: Shelf[] = [];
  const pace = startPace();
  for (const [index, member] of members.entries()) {
    const wait = pace.step();
    if (wait !== undefined) await wait;
    if (member === undefined) continue;
    const own = numbers?.subarray(startIndices[index], startIndices[index + 1]);
    shelves.push(
      own === undefined ? { member, items: await openCollector(targetOf(member)) } : { member, numbers: own },
    );
  }
  const blocks = await blockReads(piecesOf(shelves), engine.coalesce);
  const { bodies } = reading;
  if (bodies !== undefined) {
    keepBodies(
      bodies,
      blocks.map(({ part }) => part),
    );
  }
  // Only now: shapes that cannot be were refused.
  await mapPaced(shelves, fill);
  reading.planned();
  for await (const { index, result } of reading.read(partsOf(blocks), blocks.length)) {
    if (result?.kind !== "block") continue;
    await reading.collecting(() => cut(blocks[index]!, result.data as Uint8Array));
  }
  return {
    kind: "across",
    dtype,
    data: numbers ?? (await itemsOf(shelves)),
    ...typeUnit(place.schema),
    datasets,
    startIndices,
    shapes: members.map((member) => member && keptShape(member)),
  };
}

/** What no chunk covers holds the fill value; memory is zero to begin with. */
function fill(shelf: Shelf): void {
  if (!("numbers" in shelf)) return;
  const { place, layered } = shelf.member;
  const dtype = placeType(place) as FixedType;
  const [item] = numbersOfItem(dtype, fillBytes(layered.entry.fill, dtype, placeName(place)));
  if (!Object.is(item, 0) && item !== 0n) shelf.numbers.fill(item as never);
}

async function itemsOf(shelves: readonly Shelf[]): Promise<string[]> {
  const items: string[] = [];
  for (const shelf of shelves) {
    if (!("items" in shelf)) continue;
    for (const item of (await shelf.items.finish()).data as string[]) items.push(item);
  }
  return items;
}

/** @throws ReaderError `limit-exceeded` for more cells than 32 bits count */
function startsOf(members: readonly (Member | undefined)[]): Uint32Array<ArrayBuffer> {
  const starts = new Uint32Array(members.length + 1);
  let total = 0;
  members.forEach((member, index) => {
    total += member === undefined ? 0 : countItems(member.shape);
    starts[index + 1] = total;
  });
  if (total < 2 ** 32) return starts;
  throw new ReaderError("limit-exceeded", `${total} cells are more than one result holds.`, {
    hint: "Read fewer datasets at once, or a selection of each.",
  });
}

function targetOf({ place, layered, shape }: Member): GridTarget {
  const dtype = placeType(place);
  const axes = shape.map(() => ({ name: "", values: new Int32Array(0), labelled: false }));
  return { dtype, shape, fill: fillBytes(layered.entry.fill, dtype, placeName(place)), axes, dropped: [] };
}

function* piecesOf(shelves: readonly Shelf[]): Generator<ShelfPiece> {
  for (const shelf of shelves) {
    const { place, layered, runs } = shelf.member;
    const read = { runs, layered, name: placeName(place), dtype: placeType(place) };
    for (const piece of chunkPieces(read)) yield { ...piece, shelf };
  }
}

async function* partsOf(blocks: readonly BlockRead[]): AsyncGenerator<BlockPart> {
  for (const { part } of blocks) yield part;
}

/** Cuts chunks out of the bytes of a block, and puts what is read of them where it belongs. */
async function cut({ from, pieces }: BlockRead<ShelfPiece>, bytes: Uint8Array): Promise<void> {
  await mapPaced(pieces, ({ shelf, chunk, shape, crop, offset }) => {
    const start = chunk.offset - from;
    const own = bytes.slice(start, start + chunk.length);
    if ("numbers" in shelf) {
      const { numbers, member } = shelf;
      const values = new (numbers.constructor as TypedArrayConstructor)(own.buffer);
      placeCrop(
        { values, shape, lanes: 1 },
        crop,
        { values: numbers, shape: member.shape, lanes: 1 },
        offset,
      );
    } else {
      const values = parseOffsetItems(own, countItems(shape));
      const data = cropValues({ values, shape, lanes: 1 }, crop);
      shelf.items.add({ crop, offset }, { kind: "block", data, shape: crop.map(({ count }) => count) });
    }
  });
}

function keptShape({ shape, dropped }: Member): readonly number[] {
  return shape.filter((_, axis) => !dropped.includes(axis));
}

/** The same cells as one grid: every dataset has as many, in the same order. */
function stack({ data, dtype, unit, datasets }: AcrossTable, first: Member): StackedTable {
  const { dimensions, runs, dropped, layered } = first;
  const { shape: lengths } = layered.entry;
  const inner = dimensions.flatMap((name, axis): Axis[] => {
    const dimension = { name, length: lengths[axis]!, attributes: {} };
    return dropped.includes(axis) ? [] : [axisOf(dimension, undefined, { runs: runs[axis]! })];
  });
  const numbers = Int32Array.from(datasets, (_, index) => index);
  const shape = [datasets.length, ...keptShape(first)];
  return {
    kind: "grid",
    dtype,
    data: data as StackedTable["data"],
    shape,
    stride: stridesOf(shape),
    axes: [{ name: "dataset", values: numbers, labelled: false }, ...inner],
    datasets,
    ...(unit === undefined ? {} : { unit }),
  };
}
