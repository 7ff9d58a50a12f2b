/**
 * What the benchmarks use of flatgeobuf, so that types are checked where the peers are not installed (`bench/package.json`).
 */
declare module "flatgeobuf/lib/mjs/generic.js" {
  interface Feature {
    geometry(): { xyArray(): Float64Array | null; zArray(): Float64Array | null } | null;
  }
  interface Rect {
    readonly minX: number;
    readonly minY: number;
    readonly maxX: number;
    readonly maxY: number;
  }
  export function deserialize<T>(
    url: string,
    options: { rect: Rect; fromFeature: (id: number, feature: Feature) => T },
  ): AsyncIterable<T>;
}
declare module "flatgeobuf/lib/mjs/http-reader.js" {
  import type { Feature, Rect } from "flatgeobuf/lib/mjs/generic.js";
  export class HttpReader {
    static openSource(source: {
      getRange(begin: number, length: number): Promise<ArrayBuffer>;
    }): Promise<HttpReader>;
    selectBbox(rect: Rect): AsyncIterable<{ readonly feature: Feature }>;
  }
}
