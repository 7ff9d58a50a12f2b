/**
 * How a Zarr store is recognised: its marker keys, and what their content must be.
 *
 * @module
 */
import { isJsonObject } from "../../core/json.js";

export interface FormatDetection {
  readonly id: string;
  /** Keys to probe below the root. */
  readonly markers: readonly string[];
  /** Tells whether the content found at a marker is of this format; does not throw. */
  matches(key: string, bytes: Uint8Array): boolean;
}

export const zarrDetection: FormatDetection = {
  id: "zarr",
  markers: ["/zarr.json", "/.zmetadata", "/.zarray", "/.zgroup"],
  matches(key, bytes) {
    const document = parse(bytes);
    if (!isJsonObject(document)) return false;
    if (key.endsWith("/zarr.json")) return document.zarr_format === 3;
    if (key.endsWith("/.zmetadata")) return isJsonObject(document.metadata);
    return document.zarr_format === 2;
  },
};

/** Bare `NaN` is no JSON, but zarr-python 2 writes it as a fill value. */
function parse(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder().decode(bytes);
    return JSON.parse(text.replace(/(?<=[:[,]\s*)(?:NaN|-?Infinity)\b/g, "null"));
  } catch {
    return undefined;
  }
}
