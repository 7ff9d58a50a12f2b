/**
 * What the benchmarks use of geotiff.js, so that types are checked where the peers are not installed (`bench/package.json`).
 */
declare module "geotiff" {
  interface Image {
    readRasters(options: {
      window: [number, number, number, number];
      pool?: Pool;
      signal?: AbortSignal;
    }): Promise<ArrayBufferView[]>;
  }
  interface GeoTIFF {
    getImage(): Promise<Image>;
  }
  export class Pool {
    destroy(): void;
  }
  export function fromUrl(url: string, options?: { blockSize: number; cacheSize: number }): Promise<GeoTIFF>;
}
