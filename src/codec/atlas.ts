/**
 * The codecs that only ATLAS stores need, loaded with the first that does.
 *
 * @module
 */
import { offsetItems } from "./offset-items.js";
import type { CodecEntry } from "./registry.js";
import { section } from "./section.js";
import { runs, sections, textSections } from "./sections.js";
import { tiles } from "./tiles.js";

export const entries: readonly CodecEntry[] = [
  ["offset-items", offsetItems],
  ["runs", runs],
  ["section", section],
  ["sections", sections],
  ["text-sections", textSections],
  ["tiles", tiles],
];
