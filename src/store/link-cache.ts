/**
 * Links that somebody else signed, kept until shortly before they end (docs/design/object-storage.md §13).
 *
 * @module
 */
import { isReaderError, ReaderError } from "../core/error.js";
import type { PresignedLink, Presigner, PresignRequest } from "./credentials.js";

const renewBeforeMs = 60_000;
const maxLinks = 10_000;

interface Link {
  readonly url: string;
  readonly expiresMs: number;
}

interface Waiting {
  readonly request: PresignRequest;
  settle(link: PresignedLink | Promise<never>): void;
}

/** One link per request; concurrent readers share the call for it, and a batch where the presigner can. */
export class LinkCache {
  readonly #presigner: Presigner;
  readonly #links = new Map<string, Promise<Link>>();
  #waiting: Waiting[] = [];

  constructor(presigner: Presigner) {
    this.#presigner = presigner;
  }

  /**
   * A link to an object with a query, encoded; to the bucket's listing where the key is empty.
   *
   * @throws ReaderError as `get` does
   */
  linkTo(method: "GET" | "HEAD", bucket: string, key: string, query: string): Promise<string> {
    const parameters = Object.fromEntries(new URLSearchParams(query));
    const request = { method, bucket, key };
    return this.get(Object.keys(parameters).length === 0 ? request : { ...request, query: parameters });
  }

  /** @throws ReaderError `forbidden` when there is no link to be had, `config` for an answer that is none */
  async get(request: PresignRequest): Promise<string> {
    const id = JSON.stringify([request.method, request.key, request.query]);
    const known = this.#links.get(id);
    if (known !== undefined) {
      const { url, expiresMs } = await known;
      if (expiresMs - Date.now() > renewBeforeMs) return url;
      // The first of those who find it old asks for the next one.
      if (this.#links.get(id) === known) this.#links.delete(id);
    }
    const asked = this.#links.get(id) ?? this.#keep(id, this.#ask(request));
    return (await asked).url;
  }

  clear(): void {
    this.#links.clear();
  }

  #keep(id: string, asked: Promise<Link>): Promise<Link> {
    this.#links.set(id, asked);
    if (this.#links.size > maxLinks) this.#links.delete(this.#links.keys().next().value!);
    asked.catch(() => {
      if (this.#links.get(id) === asked) this.#links.delete(id);
    });
    return asked;
  }

  async #ask(request: PresignRequest): Promise<Link> {
    let answer: PresignedLink;
    try {
      answer = await (this.#presigner.presignMany === undefined
        ? this.#presigner.presign(request)
        : new Promise<PresignedLink>((resolve) => this.#gather({ request, settle: resolve })));
    } catch (thrown) {
      if (isReaderError(thrown)) throw thrown;
      // The text of a foreign error may quote a link; only its name is told.
      const name = thrown instanceof Error ? thrown.name : typeof thrown;
      throw new ReaderError("forbidden", `presign() gave no link for ${request.key} (${name}).`, {
        detail: { key: request.key },
      });
    }
    const expiresMs = new Date(answer?.expires).getTime();
    if (!/^https?:\/\//i.test(String(answer?.url)) || Number.isNaN(expiresMs)) {
      throw new ReaderError(
        "config",
        `presign() must return { url, expires } with an http or https URL and a date; for ${request.key} it did not.`,
      );
    }
    return { url: answer.url, expiresMs };
  }

  /** What is asked for in one turn goes in one call. */
  #gather(waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (this.#waiting.length > 1) return;
    setTimeout(() => {
      const batch = this.#waiting;
      this.#waiting = [];
      const failed = (reason: unknown): void => {
        for (const { settle } of batch) settle(Promise.reject(reason));
      };
      const requests = batch.map(({ request }) => request);
      const asked = (async () => this.#presigner.presignMany!(requests))();
      asked.then((links) => {
        if (!Array.isArray(links) || links.length !== batch.length) {
          failed(
            new ReaderError("config", "presignMany() must return one link for each request, in their order."),
          );
        } else for (const [index, { settle }] of batch.entries()) settle(links[index]!);
      }, failed);
    });
  }
}
