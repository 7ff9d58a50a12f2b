/**
 * Any web server: one root URL whose query goes with every key, optional headers of the user's; listed where the server
 * shows index pages.
 * Follows docs/design/object-storage.md §12.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { AbsolutePath } from "../core/plan.js";
import { inBrowser } from "../net/environment.js";
import type { ExplainContext } from "../net/explain.js";
import type { Failure } from "../net/failure.js";
import { redactUrl } from "../net/redact.js";
import type { RemoteRead } from "../net/remote-read.js";
import { describeRead } from "./describe-read.js";
import { encodeKey } from "./keys.js";
import type { ReadShape, RemoteStoreOptions } from "./remote-options.js";
import { RemoteStore } from "./remote-store.js";
import type { ListableStore, ReadOptions } from "./types.js";

export interface HttpStoreOptions extends RemoteStoreOptions {
  /** Sent with every request, to this origin only; in browsers each key then costs a preflight. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Reads below one http or https URL. */
export class HttpStore extends RemoteStore implements ListableStore {
  readonly listsLoosely = true;
  readonly #root: string;
  readonly #query: string;
  readonly #origin: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @throws ReaderError `config` when the URL is not one to read from */
  constructor(url: string | URL, options: HttpStoreOptions = {}) {
    super(options);
    const parsed = parseHttpUrl(url);
    this.#root = parsed.origin + parsed.pathname.replace(/\/$/, "");
    this.#query = parsed.search;
    this.#origin = parsed.origin;
    this.#headers = { ...options.headers };
    if (Object.keys(this.#headers).length > 0 && inBrowser()) {
      this.tell(
        "slow-auth",
        "Headers of your own make the browser ask the server's leave for every key: two round trips each.",
      );
    }
  }

  /** Without secrets. */
  get url(): string {
    return redactUrl(this.#root + this.#query);
  }

  /**
   * Every file below a prefix, from the index pages the server shows. nginx and Apache leave out names that begin with
   * a dot, which is told as `index-pages`.
   *
   * @throws ReaderError `unsupported` when the server shows none
   */
  async *list(
    prefix: AbsolutePath,
    options: ReadOptions = {},
  ): AsyncIterable<{ key: AbsolutePath; size?: number }> {
    const { listPages } = await import("./http-list.js");
    const urlOf = (folder: AbsolutePath): string => this.#root + encodeFolder(folder);
    const host = new URL(this.#origin).host;
    this.tell(
      "index-pages",
      `Keys are listed by the index pages of ${host}, which may hide names that begin with a dot.`,
    );
    const read = (folder: AbsolutePath): Promise<Uint8Array> => {
      const shape: ReadShape = { method: "GET", cache: "no-store" };
      return this.readDocument(
        folder,
        async () => this.#read(folder, urlOf(folder) + this.#query, shape),
        options,
      );
    };
    yield* listPages({ host, urlOf, read }, prefix);
  }

  protected get origin(): string {
    return this.#origin;
  }

  protected get anonymous(): boolean {
    return Object.keys(this.#headers).length === 0;
  }

  protected override get mayCross(): boolean {
    return this.anonymous;
  }

  protected async makeRead(key: AbsolutePath, shape: ReadShape): Promise<RemoteRead> {
    return this.#read(key, `${this.#root}/${encodeKey(key.slice(1))}${this.#query}`, shape);
  }

  #read(key: AbsolutePath, url: string, shape: ReadShape): RemoteRead {
    return describeRead(shape, {
      key,
      url,
      headers: this.#headers,
      root: `${this.#root}/`,
      // The user's headers may be secrets.
      signed: !this.anonymous,
    });
  }

  protected async recover(_failure: Failure): Promise<boolean> {
    return false;
  }

  protected explainContext(): ExplainContext {
    return { refresh: "headers and links that are given cannot be renewed" };
  }
}

/** `/`, or the path of a folder with a slash at its end. */
function encodeFolder(folder: AbsolutePath): string {
  return folder === "/" ? folder : `/${encodeKey(folder.slice(1))}`;
}

function parseHttpUrl(url: string | URL): URL {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new ReaderError("config", `"${redactUrl(url)}" is not a URL.`);
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") {
    throw new ReaderError("config", `${redactUrl(parsed)} is not an http or https URL.`);
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw new ReaderError("config", `${redactUrl(parsed)} carries a user name or password.`, {
      hint: "Pass headers: { Authorization: … } instead.",
    });
  }
  return parsed;
}
