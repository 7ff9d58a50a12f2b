/**
 * The levels of a store, each read when it is first asked for.
 *
 * @module
 */
import { isRagged } from "../../core/dtype.js";
import { ReaderError } from "../../core/error.js";
import { remember } from "../../core/lookahead.js";
import type { FieldInfo, Query } from "../../core/source.js";
import type { CellFamily } from "./cells.js";
import type { Container } from "./container.js";
import { type Attribute, readAttributes, readFragmentAttributes } from "./fields.js";
import { type LevelMetadata, parseLevel } from "./metadata.js";

export interface Level {
  readonly metadata: LevelMetadata;
  readonly container: Container;
  readonly vertices: CellFamily;
  /** The fragment tables of chunks; a chunk without one is one fragment. */
  fragments(): Promise<CellFamily | undefined>;
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** What fragments carry, which lines, graphs and meshes give to their vertices. */
  fragmentAttributes(): Promise<ReadonlyMap<string, Attribute>>;
  /** Rows of a chunk on average, where the metadata tells: for prices. */
  readonly rowsPerChunk?: number;
}

export class Levels {
  readonly container: Container;
  readonly #metadata = new Map<number, Promise<LevelMetadata>>();
  readonly #levels = new Map<number, Promise<Level>>();

  constructor(container: Container) {
    this.container = container;
  }

  /** @throws ReaderError `invalid-query` listing the levels there are */
  check(level: Query["level"]): number {
    const { levels } = this.container.root;
    const wanted = level ?? levels[0]!;
    if (typeof wanted === "number" && levels.includes(wanted)) return wanted;
    throw new ReaderError(
      "invalid-query",
      `There is no level ${String(wanted)}; there is ${levels.join(", ")}.`,
    );
  }

  metadata(level: number): Promise<LevelMetadata> {
    const { root, documents } = this.container;
    return remember(this.#metadata, level, async () => {
      const document = await documents.read(String(level));
      return parseLevel(level, document, root, `/${level}/zarr.json`);
    });
  }

  /**
   * The levels whose rows together are those of a level: itself alone, or, where it holds only what the next coarser one lacks,
   * itself and the chain of that one.
   *
   * @throws ReaderError `invalid-metadata` when the coarsest level lacks something of one that is not there
   */
  async chain(level: number): Promise<readonly number[]> {
    const { levels } = this.container.root;
    const coarser = levels.filter((number) => number >= level);
    const chain: number[] = [];
    for (const number of coarser) {
      chain.push(number);
      if (!(await this.metadata(number)).isAdditive) return chain;
    }
    throw new ReaderError(
      "invalid-metadata",
      `/${coarser.at(-1)}/zarr.json: the coarsest level should be whole, its refinement is "add".`,
    );
  }

  open(level: number): Promise<Level> {
    return remember(this.#levels, level, async () => {
      const metadata = await this.metadata(level);
      const [vertices, attributes] = await Promise.all([
        this.container.openFamily(metadata, "vertices"),
        readAttributes(metadata, this.container),
      ]);
      const path = `/${level}/vertices`;
      if (vertices === undefined) {
        throw new ReaderError(
          "invalid-metadata",
          `${path}/zarr.json is missing, so level ${level} has no vertices.`,
        );
      }
      const { encoding } = vertices.attributes;
      if (encoding !== undefined && encoding !== "raw") {
        throw new ReaderError(
          "unsupported",
          `${path}: vertices are encoded as "${String(encoding)}"; only raw ones can be read. Write the store with encoding "raw".`,
        );
      }
      if (isRagged(vertices.dtype)) {
        throw new ReaderError("unsupported", `${path}: vertices of text have no positions.`);
      }
      const kept = new Map<string, Promise<CellFamily | undefined>>();
      const fragments = (): Promise<CellFamily | undefined> =>
        remember(kept, "", () => this.container.openFamily(metadata, "vertex_fragments", "uint8"));
      const keptAttributes = new Map<string, Promise<ReadonlyMap<string, Attribute>>>();
      const fragmentAttributes = (): Promise<ReadonlyMap<string, Attribute>> =>
        remember(keptAttributes, "", async () => {
          const found = await readFragmentAttributes(metadata, this.container);
          const { axes } = this.container.root;
          return nameApart(found, "fragments", [...attributes.keys(), ...axes.map((axis) => axis.name)]);
        });
      const { vertexCount } = metadata;
      const chunks = vertices.known?.length ?? 0;
      const rowsPerChunk =
        vertexCount === undefined || chunks === 0 ? {} : { rowsPerChunk: vertexCount / chunks };
      const { container } = this;
      return { metadata, container, vertices, fragments, attributes, fragmentAttributes, ...rowsPerChunk };
    });
  }
}

/** Columns by name; those whose name is taken by others are called `<of>.<name>`. */
export function nameApart<C extends { readonly info: FieldInfo }>(
  columns: ReadonlyMap<string, C>,
  of: string,
  taken: readonly string[],
): Map<string, C> {
  const named = [...columns].map(([name, column]): [string, C] => {
    if (!taken.includes(name)) return [name, column];
    const apart = `${of}.${name}`;
    return [apart, { ...column, info: { ...column.info, name: apart } }];
  });
  return new Map(named);
}
