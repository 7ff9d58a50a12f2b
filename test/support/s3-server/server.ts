/**
 * @module The embedded S3 server: an object store for tests, benchmarks and the demo that answers as real ones do,
 * refusals included, and misbehaves on demand. Plain node:http and node:crypto; nothing here comes from `src/`, so
 * what it says about the library's requests is independent. Follows docs/design/object-storage.md §14.
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import path from "node:path";
import { userOf } from "./access.js";
import { Bucket, type ObjectOptions, type StoredObject, walk } from "./bucket.js";
import type { State } from "./exchange.js";
import { FaultBook } from "./faults.js";
import { handle } from "./handle.js";
import { checkBucketName } from "./routes/buckets.js";
import type {
  Account,
  BucketOptions,
  Counters,
  FaultHandle,
  FaultRule,
  LogEntry,
  ServerOptions,
} from "./types.js";

export { Bucket } from "./bucket.js";
export { RECOMMENDED_CORS } from "./cors.js";
export type * from "./types.js";

/** The account of servers that are given none. */
export const DEFAULT_ACCOUNT: Account = {
  accessKeyId: "EMBEDDEDEXAMPLEKEY",
  secretAccessKey: "embedded/example+secret/of-no-value",
};

/** A running server. */
export interface S3Server {
  /** `http://127.0.0.1:<port>`, the endpoint for path-style addressing. */
  readonly url: string;
  readonly port: number;
  readonly region: string;
  /** The first account. */
  readonly account: Account;
  readonly buckets: ReadonlyMap<string, Bucket>;
  readonly counters: Readonly<Counters>;
  /** Oldest first. */
  readonly log: readonly LogEntry[];
  /** Added before every answer; may be changed at any time. */
  latencyMs: number;
  /** May be changed at any time. */
  corsOnErrors: boolean;
  addAccount(account: Account): void;
  createBucket(name: string, options?: BucketOptions): Bucket;
  /** Stores bytes (not copied) or text. The bucket must exist. */
  put(bucket: string, key: string, bytes: Uint8Array | string, options?: ObjectOptions): StoredObject;
  /** Reads a directory into memory as `prefix` + relative path; gives the keys. */
  putDirectory(bucket: string, prefix: string, dir: string): Promise<string[]>;
  /** Serves a directory as `prefix` + relative path, read when asked for. */
  mount(bucket: string, prefix: string, dir: string): void;
  addFault(rule: FaultRule): FaultHandle;
  clearFaults(): void;
  /** Zeroes counters, empties the log, removes faults and latency. Buckets and accounts stay. */
  reset(): void;
  /** Ends every connection and timer at once; resolves when the port is free. */
  close(): Promise<void>;
}

/** Starts a server; it listens when the promise resolves. */
export async function createS3Server(options: ServerOptions = {}): Promise<S3Server> {
  const accounts = options.accounts ?? [DEFAULT_ACCOUNT];
  const first = accounts[0] ?? DEFAULT_ACCOUNT;
  const byKey = new Map(accounts.map((account) => [account.accessKeyId, account]));
  const log: LogEntry[] = [];
  const maxLogEntries = options.maxLogEntries ?? 10_000;
  const state: State = {
    accounts: byKey,
    derivedKeys: new Map(),
    now: options.now ?? Date.now,
    region: options.region ?? "us-east-1",
    buckets: new Map(),
    faults: new FaultBook(options.random),
    counters: emptyCounters(),
    timers: new Set(),
    hostSuffixes: options.hostSuffixes ?? ["s3.localhost"],
    maxKeys: options.maxKeys ?? 1000,
    listSpace: options.listSpace ?? "plus",
    minPartBytes: options.minPartBytes ?? 5 * 1024 * 1024,
    defaultOwner: userOf(first),
  };
  const settings = { latencyMs: options.latencyMs ?? 0, corsOnErrors: options.corsOnErrors ?? true };
  const sockets = new Set<Socket>();

  const http = createServer((req, res) => {
    void handle(req, res, state, settings, (entry) => {
      log.push(entry);
      // Dropped by halves, so that the cost per request stays constant.
      if (log.length > maxLogEntries * 2) log.splice(0, log.length - maxLogEntries);
    }).catch((error: unknown) => {
      res.destroy(error instanceof Error ? error : undefined);
    });
  });
  // Node's own limits would interfere with stalls and drips that tests ask for.
  http.requestTimeout = 0;
  http.keepAliveTimeout = 60_000;
  http.on("connection", (socket) => {
    state.counters.connections++;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(options.port ?? 0, options.host ?? "127.0.0.1", resolve);
  });
  const { port, address, family } = http.address() as AddressInfo;

  const bucketNamed = (name: string): Bucket => {
    const bucket = state.buckets.get(name);
    if (!bucket) throw new Error(`The embedded S3 server has no bucket "${name}"; create it first.`);
    return bucket;
  };

  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    port,
    region: state.region,
    account: first,
    buckets: state.buckets,
    counters: state.counters,
    log,
    get latencyMs() {
      return settings.latencyMs;
    },
    set latencyMs(value) {
      settings.latencyMs = value;
    },
    get corsOnErrors() {
      return settings.corsOnErrors;
    },
    set corsOnErrors(value) {
      settings.corsOnErrors = value;
    },
    addAccount: (account) => {
      byKey.set(account.accessKeyId, account);
    },
    createBucket: (name, bucketOptions = {}) => {
      checkBucketName(name);
      const bucket = new Bucket(name, new Date(state.now()), {
        owner: state.defaultOwner,
        region: state.region,
        ...bucketOptions,
      });
      state.buckets.set(name, bucket);
      return bucket;
    },
    put: (bucket, key, bytes, objectOptions) =>
      bucketNamed(bucket).put(key, typeof bytes === "string" ? Buffer.from(bytes) : bytes, objectOptions),
    putDirectory: async (name, prefix, dir) => {
      const bucket = bucketNamed(name);
      const keys = await walk(dir, prefix);
      for (const key of keys) bucket.put(key, await readFile(path.join(dir, key.slice(prefix.length))));
      return keys;
    },
    mount: (bucket, prefix, dir) => bucketNamed(bucket).mount(prefix, dir),
    addFault: (rule) => state.faults.add(rule),
    clearFaults: () => state.faults.clear(),
    reset: () => {
      const { concurrent } = state.counters;
      Object.assign(state.counters, emptyCounters(), { concurrent, maxConcurrent: concurrent });
      log.length = 0;
      state.faults.clear();
      settings.latencyMs = 0;
    },
    close: () =>
      new Promise((resolve) => {
        for (const timer of state.timers) clearTimeout(timer);
        state.timers.clear();
        http.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function emptyCounters(): Counters {
  return {
    requests: 0,
    GET: 0,
    HEAD: 0,
    OPTIONS: 0,
    PUT: 0,
    DELETE: 0,
    POST: 0,
    LIST: 0,
    bytesOut: 0,
    bytesIn: 0,
    errors: 0,
    signedHeader: 0,
    signedQuery: 0,
    concurrent: 0,
    maxConcurrent: 0,
    connections: 0,
  };
}
