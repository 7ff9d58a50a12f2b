/**
 * `cloudcrop/store`: where bytes come from, and the wrappers around it.
 *
 * @module
 */
export type { Bytes, HeldBytes, Lane } from "../net/lane.js";
export { redactUrl } from "../net/redact.js";
export { BlobStore } from "../store/blob.js";
export type {
  CredentialSource,
  Credentials,
  CredentialsCallback,
  Presigner,
} from "../store/credentials.js";
export { HttpStore, type HttpStoreOptions } from "../store/http.js";
export { MemoryStore } from "../store/memory.js";
export type { Picked } from "../store/picked.js";
export type { StorageOptions } from "../store/storage-options.js";
export type {
  DescribingStore,
  HoldingStore,
  ListableStore,
  ReadableStore,
  ReadOptions,
  ReadPriority,
  StoreLike,
} from "../store/types.js";
export {
  adoptStore,
  createPickedStore,
  createStore,
  type OpenedStore,
  type StoreHandle,
} from "../store/url.js";
export { ByteCache, withByteCache } from "../store/with-byte-cache.js";
export { withCoalescing } from "../store/with-coalescing.js";
export { type StoreStats, withStats } from "../store/with-stats.js";
export { ZipStore, type ZipStoreOptions } from "../store/zip.js";
