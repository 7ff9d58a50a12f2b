/**
 * Opens a Zarr-Vectors store: its root, its levels, and a source for each kind of geometry it holds.
 *
 * @module
 */

import type { Dataset } from "../../core/dataset.js";
import { isReaderError, ReaderError } from "../../core/error.js";
import type { AnySource, FieldInfo, PointQuery, SourceKind } from "../../core/source.js";
import { createDataset } from "../../engine/create-dataset.js";
import { createPointSource } from "../../engine/create-source.js";
import type { FormatContext } from "../../engine/engine.js";
import { OpenBodies } from "../../engine/open-bodies.js";
import type { PlanOptions } from "../../engine/planner.js";
import { createContainer } from "./container.js";
import { describeKind } from "./describe.js";
import { readDocuments, trustingDocuments } from "./documents.js";
import { Levels } from "./levels.js";
import { parseRoot } from "./metadata.js";
import { planLevels } from "./plan-levels.js";
import { planPoints } from "./plan-points.js";
import type { PointOwners } from "./point-owners.js";

/**
 * Opens the store a context is rooted at.
 *
 * Costs one request where the root carries consolidated metadata, else one per level and array that is used.
 *
 * @throws ReaderError `unknown-format` when there is no root document, `unsupported` for other versions and layouts,
 *   `invalid-metadata` naming the document and the JSON path
 */
export async function openZarrVectors(context: FormatContext): Promise<Dataset> {
  const { engine, url } = context;
  engine.openBodies ??= (options) => new OpenBodies(engine, options);
  const found = await readDocuments(engine.store);
  if (found === undefined) {
    throw new ReaderError("unknown-format", `${url} has no zarr.json.`, { detail: { url } });
  }
  const root = parseRoot(found.root, "/zarr.json");
  const documents = root.layout === "arrays" ? trustingDocuments(found) : found;
  const parts = {
    url,
    format: "zarr-vectors",
    formatVersion: root.version,
    attributes: root.attributes,
  };
  const levels = new Levels(createContainer(root, documents, engine));
  const wanted = kinds.filter(({ types }) => types.some((type) => root.geometryTypes.includes(type)));
  const sources = new Map<string, AnySource>();
  const failures = new Map<string, ReaderError>();
  for (const { kind, open } of wanted.length === 0 ? kinds.slice(0, 1) : wanted) {
    try {
      sources.set(kind, await open(levels));
    } catch (thrown) {
      // One kind that cannot be read does not hide the others.
      if (!isReaderError(thrown) || wanted.length <= 1) throw thrown;
      failures.set(kind, thrown);
    }
  }
  return createDataset({ ...parts, sources, failures }, engine);
}

/** The kinds of source, and the geometry types each is made of; a store that names no type is read as points. */
const kinds: readonly {
  readonly kind: SourceKind;
  readonly types: readonly string[];
  readonly open: (levels: Levels) => Promise<AnySource>;
}[] = [
  { kind: "points", types: ["point_cloud"], open: openPoints },
  {
    kind: "polylines",
    types: ["line", "polyline", "streamline"],
    open: async (levels) => (await import("./open-polylines.js")).openPolylines(levels),
  },
  {
    kind: "graph",
    types: ["graph", "skeleton"],
    open: async (levels) => (await import("./open-network.js")).openGraph(levels),
  },
  {
    kind: "mesh",
    types: ["mesh"],
    open: async (levels) => (await import("./open-network.js")).openMesh(levels),
  },
];

async function openPoints(levels: Levels): Promise<AnySource> {
  const { info, vertexFields } = await describeKind("points", levels);
  const owners = await openOwners(levels, vertexFields);
  return createPointSource(
    {
      info: { ...info, fields: owners?.fields ?? vertexFields },
      queryKeys: ["objects", "groups"],
      plan: (query: PointQuery, options: PlanOptions) =>
        planLevels(
          levels,
          query,
          async (number, asked) => {
            const level = await levels.open(number);
            return planPoints(level, asked, options, await owners?.ask(level, asked, options.signal));
          },
          async (plans, level) => (await import("./additive.js")).joinPointPlans(plans, level),
        ),
    },
    levels.container.engine,
  );
}

/** What points belong to, where fragments, objects or groups carry something. */
async function openOwners(
  levels: Levels,
  vertexFields: readonly FieldInfo[],
): Promise<PointOwners | undefined> {
  const { root, documents } = levels.container;
  const families = ["fragment", "object", "group"].map((owner) =>
    documents.children(`${root.levels[0]}/${owner}_attributes`),
  );
  if (!(await Promise.all(families)).some((names) => names?.length)) return undefined;
  return (await import("./point-owners.js")).openPointOwners(levels, vertexFields);
}
