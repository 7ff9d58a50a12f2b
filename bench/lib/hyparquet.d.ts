/**
 * What the benchmarks use of hyparquet, so that types are checked where the peers are not installed (`bench/package.json`).
 */
declare module "hyparquet" {
  interface AsyncBuffer {
    readonly byteLength: number;
  }
  interface Page {
    readonly pathInSchema: readonly string[];
    readonly columnData: ArrayLike<number>;
    readonly rowStart: number;
  }
  export function asyncBufferFromUrl(options: {
    url: string;
    requestInit?: RequestInit;
  }): Promise<AsyncBuffer>;
  export function parquetRead(options: {
    file: AsyncBuffer;
    compressors: unknown;
    columns: readonly string[];
    filter: Readonly<Record<string, { $gte: number; $lte: number }>>;
    rowFormat: "object";
    onPage: (page: Page) => void;
  }): Promise<void>;
}
declare module "hyparquet-compressors" {
  export const compressors: unknown;
}
