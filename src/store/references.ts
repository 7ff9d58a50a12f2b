/**
 * Kerchunk references: a JSON document that says of every key of a store where its bytes lie in other files, or what they
 * are. Versions 0 and 1: <https://fsspec.github.io/kerchunk/spec.html>.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { isJsonObject, type JsonReader, type JsonValue } from "../core/json.js";
import { makeTemplate, renderTemplate, type TemplateScope } from "./reference-template.js";

/** What stands behind one key: bytes, or a place in another file; all of it when there is no offset. */
export type Reference =
  | { readonly kind: "inline"; readonly bytes: Uint8Array }
  | { readonly kind: "target"; readonly url: string; readonly offset?: number; readonly length?: number };

/** Generated references, all together: an array of a million chunks, a few times. */
const maxGenerated = 5_000_000;

/** Version 0 has nothing to be told by but what it refers to. */
const zarrDocument = /(^|\/)(\.zgroup|\.zarray|\.zmetadata|zarr\.json)$/;

const utf8 = new TextEncoder();

/** The references of one document, each checked when it is used. */
export class References {
  readonly #entries: ReadonlyMap<string, JsonValue>;
  readonly #scope: TemplateScope;

  /** @param document the parsed JSON */
  constructor(document: JsonReader) {
    const { value: raw, where } = document;
    const { version } = raw;
    if (version !== undefined && version !== 1) {
      throw new ReaderError(
        "unsupported",
        `${where}: references of version ${JSON.stringify(version)}; 0 and 1 are known.`,
        { detail: { key: where } },
      );
    }
    const refs =
      version === undefined ? raw : (document.optional("refs", (self) => self.object("refs").value) ?? {});
    this.#scope = version === undefined ? new Map() : readTemplates(document);
    const entries = new Map(Object.entries(refs) as [string, JsonValue][]);
    if (version === 1)
      for (const gen of document.optional("gen", (self) => self.array("gen")) ?? []) {
        generate(gen, this.#scope, entries, where);
      }
    this.#entries = entries;
    const isReferences = version === 1 || [...entries.keys()].some((key) => zarrDocument.test(key));
    if (!isReferences || entries.size === 0) {
      throw new ReaderError("unknown-format", `${where} holds no kerchunk references.`, {
        hint: "To open a Zarr store, give the address of its folder.",
        detail: { key: where },
      });
    }
  }

  /** Every key, without a leading slash. */
  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  /** @throws ReaderError `invalid-metadata` naming the key, `unsupported` */
  get(key: string): Reference | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (typeof entry === "string") return { kind: "inline", bytes: inlineBytes(entry, key) };
    if (isJsonObject(entry)) return { kind: "inline", bytes: utf8.encode(JSON.stringify(entry)) };
    if (!Array.isArray(entry) || (entry.length !== 1 && entry.length !== 3)) throw malformed(key, entry);
    const [url, offset, length] = entry as readonly JsonValue[];
    if (typeof url !== "string") throw malformed(key, entry);
    const rendered = renderTemplate(url, this.#scope);
    if (entry.length === 1) return { kind: "target", url: rendered };
    if (!isSize(offset) || !isSize(length)) throw malformed(key, entry);
    return { kind: "target", url: rendered, offset, length };
  }
}

function readTemplates(document: JsonReader): TemplateScope {
  const templates = document.optional("templates", (self) => self.object("templates"));
  const names = Object.keys(templates?.value ?? {});
  return new Map(names.map((name) => [name, makeTemplate(templates!.string(name))]));
}

/** References made by counting: `{ key, url, offset, length, dimensions }`. */
function generate(
  value: JsonValue,
  scope: TemplateScope,
  entries: Map<string, JsonValue>,
  where: string,
): void {
  const gen = isJsonObject(value) ? value : {};
  const { key, url, offset, length } = gen;
  const isRange = offset !== undefined && length !== undefined;
  const isWhole = offset === undefined && length === undefined;
  if (
    typeof key !== "string" ||
    typeof url !== "string" ||
    !isJsonObject(gen.dimensions) ||
    !(isRange || isWhole)
  ) {
    throw malformed(`gen in ${where}`, value);
  }
  const dimensions = Object.entries(gen.dimensions).map(([name, range]) => ({
    name,
    values: valuesOf(range, where),
  }));
  const total = dimensions.reduce((count, { values }) => count * values.length, 1);
  if (entries.size + total > maxGenerated) {
    throw new ReaderError(
      "limit-exceeded",
      `${where} generates ${total} references; the limit is ${maxGenerated}.`,
    );
  }
  const inner = new Map(scope);
  for (let index = 0; index < total; index++) {
    // The last dimension is the fastest.
    let rest = index;
    for (let axis = dimensions.length - 1; axis >= 0; axis--) {
      const { name, values } = dimensions[axis]!;
      inner.set(name, values[rest % values.length]!);
      rest = Math.floor(rest / values.length);
    }
    const place: JsonValue[] = [renderTemplate(url, inner)];
    if (isRange) place.push(renderNumber(offset, inner, where), renderNumber(length, inner, where));
    entries.set(renderTemplate(key, inner), place);
  }
}

function valuesOf(range: JsonValue | undefined, where: string): readonly (string | number)[] {
  if (Array.isArray(range)) {
    if (range.every((value) => typeof value === "string" || Number.isSafeInteger(value))) {
      return range as readonly (string | number)[];
    }
  } else if (isJsonObject(range)) {
    const { start = 0, stop, step = 1 } = range;
    if ([start, stop, step].every((value) => Number.isSafeInteger(value)) && step !== 0) {
      const [from, to, by] = [start, stop, step] as number[] as [number, number, number];
      const count = Math.max(0, Math.ceil((to - from) / by));
      if (count <= maxGenerated) return Array.from({ length: count }, (_, index) => from + index * by);
    }
  }
  throw malformed(`a dimension of gen in ${where}`, range);
}

function renderNumber(value: JsonValue | undefined, scope: TemplateScope, where: string): number {
  const text = typeof value === "string" ? renderTemplate(value, scope).trim() : String(value);
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!isSize(number)) throw malformed(`gen in ${where}`, text);
  return number;
}

function inlineBytes(text: string, key: string): Uint8Array {
  if (!text.startsWith("base64:")) return utf8.encode(text);
  try {
    return Uint8Array.from(atob(text.slice("base64:".length)), (character) => character.charCodeAt(0));
  } catch {
    throw new ReaderError("invalid-metadata", `The reference of ${key} is no base64 text.`, {
      detail: { key },
    });
  }
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function malformed(key: string, entry: JsonValue | undefined): ReaderError {
  const shown = JSON.stringify(entry)?.slice(0, 80);
  return new ReaderError("invalid-metadata", `The reference of ${key} is none: ${shown}.`, {
    hint: "It should be text, [url] or [url, offset, length].",
    detail: { key },
  });
}
