/**
 * What the links of lines carry. Lines are what manifests say, their links are stored beside that, as a rule only where a line changes
 * its chunk: a vertex has the values of the link that leads on from it, and none where no such link is stored.
 *
 * @module
 */
import type { Values } from "../../bytes/ragged.js";
import { ReaderError } from "../../core/error.js";
import { remember } from "../../core/lookahead.js";
import type { PolylineQuery } from "../../core/source.js";
import type { Column } from "../../core/table.js";
import { type Chunk, chunkCode } from "./cells.js";
import { joinPieces, noOwner, type Piece, pickValues } from "./gather-column.js";
import { corruptTable } from "./int64.js";
import { type Level, nameApart } from "./levels.js";
import { type LinkAttribute, readLinkAttributes } from "./link-attributes.js";
import { parseLinkRows } from "./link-rows.js";
import { chunkOfEndpoint, type LinkArray, mayHold, openLinks } from "./links.js";

/** The attributes of links that a query wants, and where they are. */
export interface LineLinks {
  readonly columns: readonly LinkAttribute[];
  /** Their numbers among those of the family. */
  readonly numbers: readonly number[];
  /** The arrays that may have links at a chunk. */
  arraysAt(chunk: Chunk): readonly LinkArray[];
}

const kept = new WeakMap<Level, Promise<readonly LinkAttribute[]>>();

/** The attributes of a level's links, looked up once. Format 0.7 stores row 0 in place of both ends, so that its links say nothing. */
export function linkAttributesOf(level: Level): Promise<readonly LinkAttribute[]> {
  const isOld = level.container.root.layout === "groups";
  return remember(kept, level, async () => (isOld ? [] : readLinkAttributes(level)));
}

/** The same by name. */
export async function lineLinkColumns(
  level: Level,
  objectNames: Iterable<string>,
): Promise<ReadonlyMap<string, LinkAttribute>> {
  const attributes = await linkAttributesOf(level);
  if (attributes.length === 0) return new Map();
  const ofFragments = await level.fragmentAttributes();
  const axes = level.container.root.axes.map(({ name }) => name);
  const taken = [...level.attributes.keys(), ...ofFragments.keys(), ...axes, ...objectNames];
  return nameApart(new Map(attributes.map((attribute) => [attribute.info.name, attribute])), "links", taken);
}

/**
 * What a query names of links; the rest is for vertices, fragments and objects.
 *
 * @throws ReaderError `invalid-query` for a range on what links carry
 */
export async function planLineLinks(
  level: Level,
  objectNames: Iterable<string>,
  query: PolylineQuery,
): Promise<{ readonly rest: PolylineQuery; readonly links?: LineLinks }> {
  const named = await lineLinkColumns(level, objectNames);
  if (named.size === 0) return { rest: query };
  const { fields, ranges = {} } = query;
  const filtered = Object.keys(ranges).find((name) => named.has(name));
  if (filtered !== undefined) {
    throw new ReaderError(
      "invalid-query",
      `ranges.${filtered}: it is of links, which cannot be filtered on lines.`,
      { hint: "Read the field, and choose among the vertices." },
    );
  }
  const rest = fields === undefined ? query : { ...query, fields: fields.filter((name) => !named.has(name)) };
  const names = [...named.keys()];
  const wanted = names.filter((name) => fields?.includes(name) ?? true);
  if (wanted.length === 0) return { rest };
  const { arrays = [] } = (await openLinks(level)) ?? {};
  return {
    rest,
    links: {
      columns: wanted.map((name) => named.get(name)!),
      numbers: wanted.map((name) => names.indexOf(name)),
      arraysAt: (chunk) => arrays.filter((array) => mayHold(array, chunk)),
    },
  };
}

/** What was read of a chunk's links: of each array its table, then the values of the wanted attributes. */
export interface LandedLinks {
  readonly chunk: Chunk;
  /** Of the chunk's vertices. */
  readonly rows: number;
  readonly tables: readonly (Values | undefined)[];
  readonly where: string;
}

/**
 * The columns of vertices that are given by their rows, numbered through the chunks.
 *
 * @param starts where each line begins among the vertices, and where the last ends
 * @throws ReaderError `corrupt`
 */
export function lineLinkValues(
  { columns, arraysAt }: LineLinks,
  chunks: readonly LandedLinks[],
  vertices: Uint32Array,
  starts: Uint32Array,
): Column[] {
  const bases = new Map<number | string, { readonly base: number; readonly rows: number }>();
  let base = 0;
  for (const { chunk, rows } of chunks) {
    bases.set(chunkCode(chunk), { base, rows });
    base += rows;
  }
  /** By row: the rows that links join with it, and their numbers. */
  const joined = new Map<number, (readonly [row: number, link: number])[]>();
  const pieces: Piece[][] = columns.map(() => []);
  let links = 0;
  for (const { chunk, tables, where } of chunks) {
    arraysAt(chunk).forEach((array, at) => {
      const [table, ...values] = tables.slice(at * (1 + columns.length), (at + 1) * (1 + columns.length));
      if (table === undefined) return;
      const cell = `${where} (${array.cells.path})`;
      const { count, vertices: ends } = parseLinkRows(table as Uint8Array, array.format, cell);
      const { width } = array.format;
      const places = Array.from({ length: width }, (_, k) =>
        bases.get(chunkCode(chunkOfEndpoint(array, chunk, k))),
      );
      for (let link = 0; link < count; link++) {
        const rows = places.map((place, k) => rowOf(place, ends[link * width + k]!, cell));
        for (const [from, to] of [rows, [...rows].reverse()]) {
          if (from === undefined || to === undefined) continue;
          const known = joined.get(from);
          if (known === undefined) joined.set(from, [[to, links + link]]);
          else known.push([to, links + link]);
        }
      }
      links += count;
      columns.forEach((_, index) => {
        pieces[index]!.push({ rows: count, values: values[index] });
      });
    });
  }
  const owners = new Int32Array(vertices.length).fill(noOwner);
  for (let line = 0; line + 1 < starts.length; line++) {
    for (let vertex = starts[line]!; vertex + 1 < starts[line + 1]!; vertex++) {
      const found = joined.get(vertices[vertex]!)?.find(([row]) => row === vertices[vertex + 1]);
      if (found !== undefined) owners[vertex] = found[1];
    }
  }
  return columns.map((column, index) =>
    pickValues(joinPieces(column, pieces[index]!, "link_attributes"), owners),
  );
}

function rowOf(
  place: { readonly base: number; readonly rows: number } | undefined,
  vertex: number,
  where: string,
): number | undefined {
  if (place === undefined) return undefined;
  if (vertex < place.rows) return place.base + vertex;
  throw corruptTable(where, `a link names vertex ${vertex}, there are ${place.rows}.`);
}
