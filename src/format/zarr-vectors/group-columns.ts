/**
 * Columns of objects, those of their groups among them: an object has the values of the group that it is in.
 *
 * @module
 */

import { remember } from "../../core/lookahead.js";
import { noOwner, pickValues } from "./gather-column.js";
import { readGroups } from "./groups.js";
import { type Level, type Levels, nameApart } from "./levels.js";
import { type ObjectColumn, readColumn, readObjectColumns } from "./object-columns.js";
import { openObjectIndex } from "./object-index.js";
import type { RowValues } from "./row-arrays.js";

interface Families {
  readonly objects: ReadonlyMap<string, ObjectColumn>;
  readonly groups: ReadonlyMap<string, ObjectColumn>;
}

/** What the objects of each level carry: their own attributes, and those of their groups. */
export class ObjectColumns {
  readonly #levels: Levels;
  readonly #kept = new Map<number, Promise<Families>>();

  constructor(levels: Levels) {
    this.#levels = levels;
  }

  /** @param groups those that were asked for, which alone count; all where absent */
  async at(level: number, groups?: readonly number[]): Promise<ReadonlyMap<string, ObjectColumn>> {
    const { container } = this.#levels;
    const metadata = await this.#levels.metadata(level);
    const families = await remember(this.#kept, level, async () => {
      const [objects, ofGroups] = await Promise.all([
        readObjectColumns(metadata, container),
        readObjectColumns(metadata, container, "group_attributes"),
      ]);
      return { objects, groups: nameApart(ofGroups, "groups", [...objects.keys()]) };
    });
    const ofGroups = [...families.groups].map(
      ([name, column]) => [name, objectColumnOf({ metadata, container }, column, groups)] as const,
    );
    return new Map([...families.objects, ...ofGroups]);
  }
}

/**
 * An attribute of groups as one of objects. Objects in no group have no value; those in several have that of the first of
 * them, by number, which a diagnostic tells of.
 *
 * @param column by number of the group
 * @param groups the groups that count; all where absent
 */
function objectColumnOf(
  { metadata, container }: Pick<Level, "metadata" | "container">,
  column: ObjectColumn,
  groups: readonly number[] | undefined,
): ObjectColumn {
  return {
    info: column.info,
    async locate(_, signal) {
      const members = await readGroups({ metadata, container }, groups, signal);
      return column.locate(Uint32Array.from(members.keys()).sort(), signal);
    },
    async read(rows, signal, meter) {
      const [members, index] = await Promise.all([
        readGroups({ metadata, container }, groups, signal),
        openObjectIndex(metadata, container),
      ]);
      const ids = await index?.ids(signal);
      const numbers = Uint32Array.from(members.keys()).sort();
      const groupOf = new Map<bigint, number>();
      numbers.forEach((group, place) => {
        for (const id of members.get(group)!) {
          if (!groupOf.has(id)) groupOf.set(id, place);
          else if (groupOf.get(id) !== place) {
            container.engine.report(
              "groups-overlap",
              `Some objects are in several groups; ${column.info.name} is that of the first of them. Ask for one group at a time to tell them apart.`,
            );
          }
        }
      });
      const values = await readColumn(column, numbers, signal, meter);
      const owners = Int32Array.from(rows, (row) => groupOf.get(ids?.[row] ?? BigInt(row)) ?? noOwner);
      const found = pickValues(values, owners);
      const { validity } = found;
      return { values: found as RowValues, ...(validity === undefined ? {} : { validity }) };
    },
  };
}
