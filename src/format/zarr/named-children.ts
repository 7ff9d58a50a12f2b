/**
 * Nodes below a group that its attributes name, for stores without consolidated metadata: they are read one by one, and
 * nothing is listed. OME-Zarr names its levels, labels, wells and images; ALSZarrStore has usual names, which are tried.
 *
 * @module
 */
import { ReaderError } from "../../core/error.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.js";
import { isResolutionGroup } from "./als.js";
import { omeAttributes } from "./ome.js";

/** How the documents of one node are read; keys are relative to the root. */
export interface NodeReader {
  readonly root: string;
  /** The documents of a node by key, none where there is none; and its attributes. */
  readNode(
    path: string,
    zarrFormat: 2 | 3,
  ): Promise<{ readonly documents: ReadonlyMap<string, JsonObject>; readonly attributes: JsonObject }>;
}

/** Nodes read before giving up: a plate of 384 wells with ten fields of four levels is too many for one opening. */
const maxNodes = 4096;

/** Paths below a group, or `undefined` where its attributes do not tell. */
type Names = (attributes: JsonObject) => readonly string[] | undefined;

/** The documents below a root of OME-Zarr; `undefined` when it is none. */
export async function readOmeChildren(
  reader: NodeReader,
  root: JsonObject,
  zarrFormat: 2 | 3,
): Promise<ReadonlyMap<string, JsonObject> | undefined> {
  // Plates have the layout too, and images may; they name what is below them.
  const isCollection =
    omeAttributes(root)["bioformats2raw.layout"] !== undefined && omeChildren(root) === undefined;
  const series = isCollection ? await findSeries(reader, zarrFormat) : undefined;
  const namesOf: Names = (attributes) =>
    (attributes === root ? series : undefined) ?? omeChildren(attributes);
  return readChildren(reader, root, zarrFormat, namesOf);
}

/** Images tried at once where nothing tells how many there are. */
const seriesAhead = 4;

/**
 * The images of a collection, as the group `OME` lists them, or else 0, 1, 2 … as far as they go
 * (https://ngff.openmicroscopy.org/0.5/, §"bioformats2raw.layout").
 */
async function findSeries(reader: NodeReader, zarrFormat: 2 | 3): Promise<readonly string[] | undefined> {
  const { attributes } = await reader.readNode("OME", zarrFormat);
  const { series } = omeAttributes(attributes);
  if (Array.isArray(series)) return safe(series.filter((name) => typeof name === "string"));
  const found: string[] = [];
  for (let first = 0; first < maxNodes; first += seriesAhead) {
    const names = Array.from({ length: seriesAhead }, (_, index) => String(first + index));
    const nodes = await Promise.all(names.map((name) => reader.readNode(name, zarrFormat)));
    const absent = nodes.findIndex(({ documents }) => documents.size === 0);
    found.push(...names.slice(0, absent < 0 ? names.length : absent));
    if (absent >= 0) break;
  }
  return found.length === 0 ? undefined : found;
}

/** The documents below a root of ALSZarrStore, by the names that its products have; `undefined` when none is there. */
export async function tryAlsChildren(
  reader: NodeReader,
  root: JsonObject,
  zarrFormat: 2 | 3,
): Promise<ReadonlyMap<string, JsonObject> | undefined> {
  const found = await readChildren(reader, root, zarrFormat, alsChildren(root));
  return found === undefined || found.size === 0 ? undefined : found;
}

async function readChildren(
  reader: NodeReader,
  root: JsonObject,
  zarrFormat: 2 | 3,
  namesOf: Names,
): Promise<ReadonlyMap<string, JsonObject> | undefined> {
  const first = namesOf(root);
  if (first === undefined) return undefined;
  const documents = new Map<string, JsonObject>();
  let read = 0;
  const visit = async (names: readonly string[], base: string): Promise<void> => {
    read += names.length;
    if (read > maxNodes) {
      throw new ReaderError(
        "limit-exceeded",
        `The group at ${reader.root} names more than ${maxNodes} nodes.`,
        {
          hint: "Open the URL of one of its groups, a well or an image, or consolidate its metadata.",
        },
      );
    }
    await Promise.all(
      names.map(async (name) => {
        const path = base === "" ? name : `${base}/${name}`;
        const node = await reader.readNode(path, zarrFormat);
        for (const [key, document] of node.documents) documents.set(key, document);
        const more = node.documents.size === 0 ? undefined : namesOf(node.attributes);
        if (more !== undefined) await visit(more, path);
      }),
    );
  };
  await visit(first, "");
  // Answers come in any order; sources should not.
  return new Map([...documents].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function omeChildren(attributes: JsonObject): readonly string[] | undefined {
  const ome = omeAttributes(attributes);
  const { multiscales, plate, well, labels } = ome;
  const levels = list(multiscales).flatMap((one) => paths(isJsonObject(one) ? one.datasets : undefined));
  // Images may have labels below them, which they do not tell; labels have none.
  if (levels.length > 0) return safe(ome["image-label"] === undefined ? [...levels, "labels"] : levels);
  if (isJsonObject(plate)) return safe(paths(plate.wells));
  if (isJsonObject(well)) return safe(paths(well.images));
  return labels === undefined ? undefined : safe(list(labels).filter((name) => typeof name === "string"));
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function paths(value: JsonValue | undefined): string[] {
  return list(value).flatMap((one) => (isJsonObject(one) && typeof one.path === "string" ? [one.path] : []));
}

/** Names come from a document; `..` would lead out of the store. Each is read once. */
function safe(names: readonly string[]): readonly string[] {
  const isPath = (name: string): boolean =>
    name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
  return [...new Set(names)].filter(isPath);
}

const alsResolutions = ["1m", "10m", "0.5m", "2m", "5m", "20m"];
const alsVariables = (
  "x y time chm dtm dsm chm_quality chm_canopy_count chm_ground_count chm_ground_distance chm_terrain_slope " +
  "gap lai gap_n_ground gap_n_classified gap_n_first gap_saturated biomass h50 h75 h95 hmax hmean cc density fhd " +
  "vci crr pv_0_2 pv_2_5 pv_5_10 pv_10_20 pv_20_40 pv_above40"
).split(" ");

const alsChildren =
  (root: JsonObject): Names =>
  (attributes) => {
    if (isResolutionGroup(attributes)) return alsVariables;
    return attributes === root ? alsResolutions : undefined;
  };
