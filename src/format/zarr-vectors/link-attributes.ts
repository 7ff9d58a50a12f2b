/**
 * Attributes of links: one row per link record, in cells beside those of the links. Spec: zarr_vectors `link_attributes`.
 *
 * @module
 */
import type { ColumnRead } from "../../core/plan.js";
import { locateBlob } from "./cell-groups.js";
import { type CellFamily, columnOf } from "./cells.js";
import { attributeNames, describeAttribute, leaveOut } from "./fields.js";
import type { ColumnSpec } from "./gather-column.js";
import type { Level } from "./levels.js";

/** An attribute of the links within a level. */
export interface LinkAttribute extends ColumnSpec {
  /** Format 0.7: its values for the links across chunks, in the order of their records. */
  readonly records?: ColumnRead;
}

/**
 * The attributes that links of a level have.
 *
 * Names come from consolidated metadata, a listing or `attribute_specs`, else there are none for us.
 */
export async function readLinkAttributes(level: Level): Promise<readonly LinkAttribute[]> {
  const { metadata, container } = level;
  const { documents, engine, root } = container;
  const across = `${metadata.level}/cross_chunk_link_attributes`;
  const names = new Set([
    ...((await attributeNames(metadata, "link", container)) ?? []),
    ...(root.layout === "groups" ? ((await documents.children(across)) ?? []) : []),
  ]);
  const attributes = [...names].sort().map((name) =>
    leaveOut(name, engine, async (): Promise<LinkAttribute | undefined> => {
      const records = root.layout === "groups" ? await findRecords(level, `${across}/${name}/0`) : undefined;
      const cells = records?.cells ?? (await firstCells(level, name));
      if (cells === undefined) return undefined;
      const described = describeAttribute(name, "link", cells, root);
      return records?.column === undefined ? described : { ...described, records: records.column };
    }),
  );
  return (await Promise.all(attributes)).filter((attribute) => attribute !== undefined);
}

/** Some cells of an attribute: those of links across chunks have its type too. */
async function firstCells({ metadata, container }: Level, name: string): Promise<CellFamily | undefined> {
  const family = `link_attributes/${name}/0`;
  if (container.root.layout === "groups") return container.openFamily(metadata, family);
  const rank = container.root.axes.length + (metadata.chunkedBy === undefined ? 0 : 1);
  const zero = new Array(rank).fill("0").join(".");
  const listed = await container.documents.children(`${metadata.level}/${family}`);
  const segment = listed?.find((child) => /^[\d.+_-]+$/.test(child)) ?? zero;
  return container.openFamily(metadata, `${family}/${segment}`);
}

/** Format 0.7: one blob for all links across chunks, with its type on the group. */
async function findRecords(
  { metadata, container }: Level,
  path: string,
): Promise<{ readonly cells: CellFamily | undefined; readonly column: ColumnRead | undefined } | undefined> {
  const { documents, openFamily } = container;
  if ((await documents.read(path)) === undefined) return undefined;
  const cells = await openFamily(metadata, path.slice(`${metadata.level}/`.length));
  const document = await documents.read(`${path}/data`);
  const cell = document && (await locateBlob(`${path}/data`, document));
  if (cells === undefined || cell === undefined) return undefined;
  return {
    cells,
    column: columnOf(path, cells, cell, { isTable: true }),
  };
}
