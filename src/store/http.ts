/**
 * Any web server: one root URL whose query goes with every key, optional headers of the user's, no listing.
 * Follows docs/design/object-storage.md §12.
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import type { AbsolutePath } from "../core/plan.js";
import type { Failure } from "../net/classify.js";
import { inBrowser } from "../net/environment.js";
import type { ExplainContext } from "../net/explain.js";
import { redactUrl } from "../net/redact.js";
import type { RemoteRead } from "../net/remote-read.js";
import { encodeKey } from "./keys.js";
import type { ReadShape, RemoteStoreOptions } from "./remote-options.js";
import { RemoteStore } from "./remote-store.js";

export interface HttpStoreOptions extends RemoteStoreOptions {
  /** Sent with every request, to this origin only; in browsers each key then costs a preflight. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Reads below one http or https URL. */
export class HttpStore extends RemoteStore {
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
    const { method, range, cache, size } = shape;
    return {
      method,
      url: `${this.#root}/${encodeKey(key.slice(1))}${this.#query}`,
      headers: this.#headers,
      cache,
      // The user's headers may be secrets, which a redirect would carry to another host.
      redirect: this.anonymous ? "follow" : "refuse",
      key,
      root: `${this.#root}/`,
      signed: !this.anonymous,
      ...(range === undefined ? {} : { range }),
      ...(size === undefined ? {} : { size }),
    };
  }

  protected async recover(_failure: Failure): Promise<boolean> {
    return false;
  }

  protected explainContext(): ExplainContext {
    return { refresh: "headers and links that are given cannot be renewed" };
  }
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
