/**
 * Links that somebody else signed, kept until shortly before they end (docs/design/object-storage.md §13).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { Presigner } from "./credentials.js";

const renewBeforeMs = 60_000;
const maxLinks = 10_000;

interface Link {
  readonly url: string;
  readonly expiresMs: number;
}

/** One link per method and key; concurrent readers share the request for it. */
export class LinkCache {
  readonly #presigner: Presigner;
  readonly #links = new Map<string, Promise<Link>>();

  constructor(presigner: Presigner) {
    this.#presigner = presigner;
  }

  async get(method: "GET" | "HEAD", bucket: string, key: string): Promise<string> {
    const id = `${method} ${key}`;
    const known = this.#links.get(id);
    if (known !== undefined) {
      const link = await known;
      if (link.expiresMs - Date.now() > renewBeforeMs) return link.url;
    }
    const asked = this.#ask(method, bucket, key);
    this.#links.set(id, asked);
    if (this.#links.size > maxLinks) this.#links.delete(this.#links.keys().next().value!);
    try {
      return (await asked).url;
    } catch (thrown) {
      this.#links.delete(id);
      throw thrown;
    }
  }

  clear(): void {
    this.#links.clear();
  }

  async #ask(method: "GET" | "HEAD", bucket: string, key: string): Promise<Link> {
    let answer: { url: string; expires: Date };
    try {
      answer = await this.#presigner.presign({ method, bucket, key });
    } catch (thrown) {
      const name = thrown instanceof Error ? thrown.name : typeof thrown;
      throw new ReaderError("forbidden", `presign() gave no link for ${key} (${name}).`, { detail: { key } });
    }
    if (!/^https?:\/\//i.test(answer.url)) {
      throw new ReaderError("config", `presign() returned no http or https URL for ${key}.`);
    }
    return { url: answer.url, expiresMs: new Date(answer.expires).getTime() };
  }
}
