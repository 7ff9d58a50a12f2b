/**
 * A dataset over its sources: look-up by name and kind, with errors that list what is there.
 *
 * @module
 */

import type { AcrossOptions, Dataset, Members } from "../core/dataset.js";
import { ReaderError } from "../core/error.js";
import type { JsonObject } from "../core/json.js";
import type { AnySource, SourceKind, SourceOfKind } from "../core/source.js";
import type { AcrossTable, StackedTable } from "../core/table.js";
import { checkOptions } from "./check-query.js";
import { type Engine, whileOpen } from "./engine.js";
import { loadPricing } from "./load-pricing.js";

export interface DatasetParts {
  /** Redacted. */
  readonly url: string;
  readonly format: string;
  readonly formatVersion: string;
  readonly attributes: JsonObject;
  readonly sources: ReadonlyMap<string, AnySource>;
  /** Names of sources that are the only ones of their kind, where looking through all would take long. */
  readonly only?: ReadonlyMap<SourceKind, string>;
  /** Sources that could not be opened; asking for one by name throws its error. */
  readonly failures?: ReadonlyMap<string, ReaderError>;
  /** Formats whose stores hold several datasets: this and the next. */
  readonly members?: Members;
  readonly acrossDatasets?: (name: string, options?: AcrossOptions) => Promise<AcrossTable | StackedTable>;
}

/** Puts a dataset together; `close` is added by the front door. */
export function createDataset(parts: DatasetParts, engine: Engine): Dataset {
  const ofKind =
    <K extends SourceKind>(kind: K) =>
    (name?: string): SourceOfKind[K] =>
      findSource(parts, name, kind) as SourceOfKind[K];
  const { url, format, formatVersion, attributes, sources } = parts;
  const readAcross: DatasetParts["acrossDatasets"] = async (name, options = {}) => {
    await checkOptions(options, "acrossDatasets", ["datasets", "stacked", "selection", "concurrency"]);
    engine.closed.throwIfAborted();
    if (parts.acrossDatasets !== undefined) return parts.acrossDatasets(name, options);
    throw new ReaderError("unsupported", `${url} does not hold several datasets.`);
  };
  return {
    url,
    format,
    formatVersion,
    attributes,
    sources,
    ...(parts.members !== undefined && { members: parts.members }),
    source: (name) => findSource(parts, name),
    grid: ofKind("grid"),
    points: ofKind("points"),
    polylines: ofKind("polylines"),
    graph: ofKind("graph"),
    mesh: ofKind("mesh"),
    acrossDatasets: readAcross as Dataset["acrossDatasets"],
    async estimate(options = {}) {
      await checkOptions(options, "estimate", ["rates"]);
      return whileOpen(options, engine, async (own) => {
        const { estimateStore } = await loadPricing();
        return estimateStore(engine, sources, own);
      });
    },
    close: () => {},
  };
}

/**
 * Finds the named source, or the only one of a kind; coordinate arrays count only when named.
 *
 * @throws ReaderError `not-found`, listing the names there are; or what kept the named source from opening
 */
function findSource(parts: DatasetParts, asked?: string, kind?: SourceKind): AnySource {
  const { sources, failures, url } = parts;
  const name = asked ?? (kind && parts.only?.get(kind));
  const named = typeof name === "string" ? sources.get(name) : undefined;
  if (named !== undefined && (kind === undefined || named.kind === kind)) return named;
  const what = kind === undefined ? "source" : `${kind} source`;
  const there = [...sources].filter(([, source]) => kind === undefined || source.kind === kind);
  if (name !== undefined) {
    const failure = failures?.get(name);
    if (failure !== undefined) throw failure;
    throw missing(`${url} has no ${what} named "${name}".`, there);
  }
  const data = there.filter(([, source]) => source.info.role === "data");
  const only = data[0] ?? (there.length === 1 ? there[0] : undefined);
  if (only !== undefined && data.length <= 1) return only[1];
  const [failure] = failures?.values() ?? [];
  if (there.length === 0 && failure !== undefined) throw failure;
  throw missing(
    data.length > 1 ? `${url} has ${data.length} sources; name one.` : `${url} has no ${what}.`,
    data.length > 1 ? data : [...sources],
  );
}

/** Names listed in an error, so that it stays readable. */
const namesShown = 20;

function missing(message: string, there: readonly (readonly [string, AnySource])[]): ReaderError {
  const names = there.slice(0, namesShown).map(([key, source]) => `"${key}" (${source.kind})`);
  const more = there.length > namesShown ? ` and ${there.length - namesShown} more` : "";
  return new ReaderError("not-found", `${message} It has: ${names.join(", ") || "none"}${more}.`);
}
