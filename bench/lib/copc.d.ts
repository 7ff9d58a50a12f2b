/**
 * What the benchmarks use of copc.js and laz-perf, so that types are checked where the peers are not installed (`bench/package.json`).
 */
declare module "copc" {
  type Bounds = [number, number, number, number, number, number];
  interface Page {
    readonly pageOffset: number;
    readonly pageLength: number;
  }
  interface Node {
    readonly pointCount: number;
  }
  interface File {
    readonly info: { readonly cube: Bounds; readonly rootHierarchyPage: Page };
  }
  interface View {
    readonly pointCount: number;
    getter(name: string): (index: number) => number;
  }
  type Getter = (begin: number, end: number) => Promise<Uint8Array>;
  export const Copc: {
    create(get: Getter): Promise<File>;
    loadHierarchyPage(
      get: Getter,
      page: Page,
    ): Promise<{ nodes: Record<string, Node | undefined>; pages: Record<string, Page | undefined> }>;
    loadPointDataView(
      get: Getter,
      file: File,
      node: Node,
      options: { lazPerf: unknown; include: string[] },
    ): Promise<View>;
  };
  export const Bounds: { stepTo(cube: Bounds, key: [number, number, number, number]): Bounds };
  export const Key: { parse(text: string): [number, number, number, number] };
}
declare module "laz-perf/lib/web" {
  export function createLazPerf(options: { locateFile: () => string }): Promise<unknown>;
}
declare module "laz-perf/lib/web/laz-perf.wasm?url" {
  const url: string;
  export default url;
}
