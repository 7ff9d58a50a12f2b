/**
 * Reads planned graphs, skeletons and meshes and puts them together: in one table, or one table for each chunk as it lands
 * with those around it.
 *
 * @module
 */
import type { Column } from "../../core/table.js";
import type { IndexedRows, VectorReader } from "../../engine/create-vector-source.js";
import { type BuiltNetwork, Network } from "./build-network.js";
import { chunkCode, compareChunks } from "./cells.js";
import { splitTables } from "./fragment-tables.js";
import { joinPieces, noOwner, pickValues } from "./gather-column.js";
import { type LinkRecords, parseLinkRecords } from "./link-records.js";
import { chunkOfEndpoint } from "./links.js";
import type { NetworkChunk, ReadLinks } from "./network-rows.js";
import { readColumn } from "./object-columns.js";
import { whereOf } from "./object-rows.js";
import type { ObjectSet } from "./objects.js";
import type { NetworkPlan, NetworkResult, PlannedChunk } from "./plan-network.js";

interface ObjectValues {
  readonly columns: readonly Column[];
  /** Per range, 1 for the objects that are kept. */
  readonly flags: readonly Uint8Array[];
}

export class NetworkReader {
  readonly #plan: NetworkPlan;
  #values: Promise<ObjectValues> | undefined;

  constructor(plan: NetworkPlan) {
    this.#plan = plan;
  }

  async read(reader: VectorReader): Promise<NetworkResult> {
    const chunks: NetworkChunk[] = [];
    let records: LinkRecords | undefined;
    for await (const landed of this.#landing(reader)) {
      if ("ofChunk" in landed) records = landed;
      else chunks.push(landed);
    }
    return this.#build(reader, chunks, records);
  }

  /**
   * Every vertex is the own one of one table, every link is in one. Vertices of other chunks that links need come last in their
   * table, and are repeated there. A chunk is let go when no table to come needs it.
   */
  async *stream(reader: VectorReader): AsyncGenerator<NetworkResult> {
    const { chunks } = this.#plan;
    const records = await this.#records(reader);
    const around = this.#neighbours(records);
    const landed = new Map<number | string, NetworkChunk>();
    const waiting = new Map(
      chunks.flatMap((item) => (item.isLinksOnly ? [] : [[chunkCode(item.chunk), item]])),
    );
    const done = new Set<number | string>();
    const planned = new Set(around.keys());
    const ready = (code: number | string): boolean =>
      [code, ...around.get(code)!].every((other) => landed.has(other) || !planned.has(other));
    const settle = async (code: number | string): Promise<NetworkResult> => {
      waiting.delete(code);
      done.add(code);
      const near = [code, ...around.get(code)!].flatMap((other) => landed.get(other) ?? []);
      const result = await this.#build(reader, near, records, landed.get(code));
      for (const other of [code, ...around.get(code)!]) {
        const isNeeded = [other, ...(around.get(other) ?? [])].some((needing) => waiting.has(needing));
        if (!isNeeded) landed.delete(other);
      }
      return result;
    };
    for await (const chunk of this.#landingChunks(reader)) {
      const code = chunkCode(chunk.chunk);
      landed.set(code, chunk);
      for (const near of [code, ...around.get(code)!]) {
        if (!waiting.has(near) || !landed.has(near) || !ready(near)) continue;
        const table = await settle(near);
        if (table.vertices.length > 0) yield table;
      }
    }
    // What those waited for turned out not to be stored.
    for (const code of [...waiting.keys()].filter((left) => landed.has(left))) {
      const table = await settle(code);
      if (table.vertices.length > 0) yield table;
    }
  }

  /** By chunk, those that share a cell of links with it, or one of those records. */
  #neighbours(records: LinkRecords | undefined): Map<number | string, Set<number | string>> {
    const { chunks, links } = this.#plan;
    const around = new Map(chunks.map(({ chunk }) => [chunkCode(chunk), new Set<number | string>()]));
    const width = links?.width ?? 0;
    const addAll = (ends: readonly (number | string)[]): void => {
      for (const a of ends) for (const b of ends) if (a !== b) around.get(a)?.add(b);
    };
    for (const { chunk, arrays } of chunks) {
      for (const array of arrays) {
        addAll(Array.from({ length: width }, (_, k) => chunkCode(chunkOfEndpoint(array, chunk, k))));
      }
    }
    for (let link = 0; link < (records?.count ?? 0); link++) {
      addAll(records!.codes.slice(link * width, (link + 1) * width));
    }
    return around;
  }

  /** Chunks as they land, and the records of format 0.7. */
  async *#landing(reader: VectorReader): AsyncGenerator<NetworkChunk | LinkRecords> {
    const planned: PlannedChunk[] = [];
    for await (const { index, rows } of reader.read(this.#plan.parts(planned))) {
      const item = planned[index];
      yield item === undefined ? this.#recordsOf(rows) : this.#chunkOf(item, rows);
    }
  }

  async *#landingChunks(reader: VectorReader): AsyncGenerator<NetworkChunk> {
    const planned: PlannedChunk[] = [];
    for await (const { index, rows } of reader.read(this.#plan.chunkParts(planned))) {
      yield this.#chunkOf(planned[index]!, rows);
    }
  }

  /** The links of format 0.7 across chunks, which say what a table needs: read before any chunk. */
  async #records(reader: VectorReader): Promise<LinkRecords | undefined> {
    for await (const { rows } of reader.read(this.#plan.recordParts())) return this.#recordsOf(rows);
    return undefined;
  }

  #recordsOf({ tables = [] }: IndexedRows["rows"]): LinkRecords {
    const { links } = this.#plan;
    const [table = new Uint8Array(0), ...values] = tables;
    return parseLinkRecords(table as Uint8Array, links!.records!.rank, links!.width, values);
  }

  #chunkOf(item: PlannedChunk, rows: IndexedRows["rows"]): NetworkChunk {
    const { level, asked, linkAttributes } = this.#plan;
    const { chunk, arrays, isLinksOnly, firstRow, isCut } = item;
    const where = whereOf(level, chunk);
    const stride = 1 + linkAttributes.length;
    const tables = [...(rows.tables ?? [])];
    const ofLinks = tables.splice(tables.length - arrays.length * stride);
    const links = arrays.map((array, at): ReadLinks => {
      const [table, ...values] = ofLinks.slice(at * stride, (at + 1) * stride);
      return { array, table: table as Uint8Array | undefined, values };
    });
    const ofFragments = isLinksOnly ? [] : asked.fragmentColumns;
    const split = splitTables(tables, ofFragments, rows.total ?? 0, where);
    const fragments = item.fragments === undefined ? split : { ...split, fragments: item.fragments };
    return { chunk, isLinksOnly, rows, firstRow, isCut, links, where, ...fragments };
  }

  /** @param own of a stream: the chunk that the table is of; the others are those around it */
  async #build(
    reader: VectorReader,
    read: readonly NetworkChunk[],
    records: LinkRecords | undefined,
    own?: NetworkChunk,
  ): Promise<NetworkResult> {
    const { rows, links, linkAttributes, wantedLinks, objects, isTree, level, isOfObjects } = this.#plan;
    const chunks = [...read].sort((a, b) => compareChunks(a.chunk, b.chunk));
    const network = new Network(chunks, links?.width ?? 2, linkAttributes.length);
    for (const chunk of chunks) network.addLinks(chunk, isTree && links?.isParentFirst === true);
    if (records !== undefined) network.addRecords(records, own);
    const owners = objects && this.#ownersOf(network, objects, await this.#objectValues(reader));
    if (isOfObjects) network.rows.keepOwned(owners!);
    const columns = linkAttributes.map((attribute, at) =>
      joinPieces(attribute, network.linkPieces[at]!, `/${level.metadata.level}/link_attributes`),
    );
    const isKept = this.#linkFilter(columns);
    const built = isTree
      ? network.buildTree(isKept, own)
      : network.build(links?.isDuplicated ?? false, isKept, own);
    const vertices =
      own === undefined
        ? await reader.join(rows.target, built.parts, built.picks)
        : await reader.copy(rows.target, built.parts, built.picks!);
    const objectsOf = owners && ownersAt(owners, built);
    return {
      vertices: {
        ...vertices,
        fields: { ...vertices.fields, ...(await this.#extras(network, built, objectsOf, reader)) },
      },
      links: built.links,
      width: network.width,
      linkFields: Object.fromEntries(
        linkAttributes.flatMap(({ info }, at) =>
          wantedLinks.has(info.name) ? [[info.name, pickValues(columns[at]!, built.numbers)]] : [],
        ),
      ),
      ...(isOfObjects ? { ids: BigInt64Array.from(objectsOf!, (object) => objects!.ids[object]!) } : {}),
      repeated: built.repeated,
    };
  }

  /** What vertices have of their fragments and of their objects. */
  async #extras(
    network: Network,
    built: BuiltNetwork,
    objectsOf: Int32Array | undefined,
    reader: VectorReader,
  ): Promise<Record<string, Column>> {
    const { asked, level } = this.#plan;
    const extras: Record<string, Column> = {};
    if (asked.fragmentColumns.length > 0) {
      const fragments = ownersAt(network.rows.fragments(), built);
      asked.fragmentColumns.forEach((column, at) => {
        const where = `/${level.metadata.level}/fragment_attributes`;
        const joined = joinPieces(column, network.rows.fragmentPieces(at), where);
        extras[column.info.name] = pickValues(joined, fragments);
      });
    }
    const { columns } = await this.#objectValues(reader);
    asked.columns.forEach(({ info }, at) => {
      const nobody = new Int32Array(built.rows.length).fill(noOwner);
      extras[info.name] = pickValues(columns[at]!, objectsOf ?? nobody);
    });
    return extras;
  }

  /** Attributes of the objects, and which objects are kept by ranges on them; read once. */
  #objectValues({ signal, meter }: VectorReader): Promise<ObjectValues> {
    const { asked, objects } = this.#plan;
    const rows = objects?.rows ?? new Uint32Array(0);
    const read = async (): Promise<ObjectValues> => {
      const [columns, flags] = await Promise.all([
        Promise.all(asked.columns.map((column) => readColumn(column, rows, signal, meter))),
        Promise.all(asked.filters.map((filter) => filter.keep(rows, signal, meter))),
      ]);
      return { columns, flags };
    };
    this.#values ??= read();
    return this.#values;
  }

  #ownersOf(network: Network, objects: ObjectSet, { flags }: ObjectValues): Int32Array {
    const owners = network.rows.ownersOf(objects);
    if (flags.length === 0) return owners;
    return owners.map((object) =>
      object !== noOwner && flags.every((kept) => kept[object] === 1) ? object : noOwner,
    );
  }

  /** Tells whether a link is within the ranges on links; one that has no values is not. */
  #linkFilter(columns: readonly Column[]): (number: number) => boolean {
    const { linkFilters } = this.#plan;
    return (number) =>
      linkFilters.every(({ attribute, min, max }) => {
        const column = columns[attribute]!;
        const value = number === noOwner ? undefined : (column[number] as number | bigint | string);
        return value !== undefined && column.validity?.[number] !== 0 && value >= min && value <= max;
      });
  }
}

/** The owner of each vertex of the result. */
function ownersAt(owners: Int32Array, { rows }: BuiltNetwork): Int32Array {
  return rows.map((row) => owners[row]!);
}
