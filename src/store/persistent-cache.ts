/**
 * Bytes kept across visits in the browser's Cache API, within a bound. What tells an entry (object, range, ETag, length)
 * is in its address, so that the list of entries is read without a body (docs/design/object-storage.md §6).
 *
 * @module
 */

/** Never sent anywhere: the Cache API wants addresses. */
const origin = "https://cloudcrop.invalid/";
/** Room made when the bound is reached, so that not every write makes some. */
const evictTo = 0.9;
/** Writes under way at most; what comes faster is not kept. */
const maxPendingBytes = 32 * 1024 * 1024;
/** A single entry above this share of the bound would throw out too much. */
const largestShare = 4;
const maxFailures = 2;

export interface PersistentEntry {
  /** Empty: kept on the user's word that objects do not change. */
  readonly etag: string;
  readonly url: string;
  readonly bytes: number;
  /** Until when the server promised not to change the object, in milliseconds since 1970; 0: it did not. */
  readonly untilMs: number;
}

export class PersistentCache {
  readonly #cache: Cache;
  readonly #maxBytes: number;
  readonly #onFull: () => void;
  /** By object and range; oldest first, those used in this session last. */
  #entries = new Map<string, PersistentEntry>();
  #usedBytes = 0;
  #pendingBytes = 0;
  #failures = 0;
  #evicting: Promise<void> | undefined;

  private constructor(cache: Cache, maxBytes: number, onFull: () => void) {
    this.#cache = cache;
    this.#maxBytes = maxBytes;
    this.#onFull = onFull;
  }

  /**
   * @param onFull told when the browser gives no room even after half of the entries are gone; then nothing more is kept
   * @returns `undefined` where there is no Cache API: in Node, on pages that came by http, where the user forbids storage
   */
  static async open(
    name: string,
    maxBytes: number,
    onFull: () => void,
  ): Promise<PersistentCache | undefined> {
    try {
      const cache = new PersistentCache(await globalThis.caches.open(name), maxBytes, onFull);
      await cache.#readEntries();
      return cache;
    } catch {
      return undefined;
    }
  }

  find(id: string): PersistentEntry | undefined {
    return this.#entries.get(id);
  }

  /** The bytes of an entry; `undefined` when another page has thrown it out meanwhile. */
  async read(id: string, entry: PersistentEntry): Promise<Uint8Array | undefined> {
    try {
      const response = await this.#cache.match(entry.url);
      const bytes = response === undefined ? undefined : new Uint8Array(await response.arrayBuffer());
      if (bytes?.length === entry.bytes) {
        this.#entries.delete(id);
        this.#entries.set(id, entry);
        return bytes;
      }
    } catch {
      // Storage that fails is a miss.
    }
    this.drop(id);
    return undefined;
  }

  /** Keeps a copy; returns at once, and never fails. */
  keep(id: string, { etag, untilMs }: Pick<PersistentEntry, "etag" | "untilMs">, bytes: Uint8Array): void {
    const { length } = bytes;
    if (this.#failures >= maxFailures || this.#entries.get(id)?.etag === etag) return;
    if (length > this.#maxBytes / largestShare || this.#pendingBytes + length > maxPendingBytes) return;
    const words = { id, etag, bytes: String(length), until: String(untilMs) };
    const url = `${origin}?${new URLSearchParams(words)}`;
    // The response takes its copy now, before the bytes are handed on.
    const response = new Response(bytes as Uint8Array<ArrayBuffer>);
    this.#pendingBytes += length;
    void this.#write(id, { etag, url, bytes: length, untilMs }, response).finally(() => {
      this.#pendingBytes -= length;
    });
  }

  drop(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#usedBytes -= entry.bytes;
    void this.#cache.delete(entry.url).catch(() => {});
  }

  async #write(id: string, entry: PersistentEntry, response: Response): Promise<void> {
    try {
      await this.#cache.put(entry.url, response);
    } catch {
      this.#failures++;
      if (this.#failures >= maxFailures) this.#onFull();
      else await this.#evict(this.#usedBytes / 2);
      return;
    }
    this.#failures = 0;
    const before = this.#entries.get(id);
    // Two who read the same at once write the same entry.
    if (before?.url === entry.url) return;
    if (before !== undefined) this.drop(id);
    this.#entries.set(id, entry);
    this.#usedBytes += entry.bytes;
    if (this.#usedBytes > this.#maxBytes) await this.#evict(this.#maxBytes * evictTo);
  }

  async #readEntries(): Promise<void> {
    const entries = new Map<string, PersistentEntry>();
    let used = 0;
    for (const { url } of await this.#cache.keys()) {
      const words = new URL(url).searchParams;
      const [id, etag, bytes] = [words.get("id"), words.get("etag"), Number(words.get("bytes"))];
      if (id === null || etag === null || !Number.isSafeInteger(bytes)) continue;
      entries.set(id, { etag, url, bytes, untilMs: Number(words.get("until")) });
      used += bytes;
    }
    // What was used in this session stays the youngest.
    for (const id of this.#entries.keys()) {
      const entry = entries.get(id);
      if (entry === undefined) continue;
      entries.delete(id);
      entries.set(id, entry);
    }
    this.#entries = entries;
    this.#usedBytes = used;
  }

  /** Other pages write too, so the entries are read anew. */
  #evict(toBytes: number): Promise<void> {
    this.#evicting ??= (async () => {
      await this.#readEntries();
      for (const id of [...this.#entries.keys()]) {
        if (this.#usedBytes <= toBytes) break;
        this.drop(id);
      }
    })()
      .catch(() => {})
      .finally(() => {
        this.#evicting = undefined;
      });
    return this.#evicting;
  }
}
