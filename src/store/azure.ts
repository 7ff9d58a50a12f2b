/**
 * Azure Blob Storage: public containers, SAS in the query, Entra ID tokens in a header
 * (docs/design/object-storage.md §12; https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { redactUrl } from "../net/redact.js";
import { listAzureBlobs } from "./azure-list.js";
import { checkEndpoint } from "./endpoint.js";
import { encodeKey } from "./keys.js";
import type { ListedObject, ListRead, ListRequest } from "./list-pages.js";
import { TokenStore, type TokenStoreOptions } from "./token-store.js";

export interface AzureStoreOptions extends TokenStoreOptions {
  /** Storage account, where the location does not name it: `az://container/prefix`. */
  readonly account?: string | undefined;
  /** Blob endpoint, account included where it is part of the path: `http://127.0.0.1:10000/devstoreaccount1`. */
  readonly endpoint?: string | URL | undefined;
}

interface AzureLocation {
  readonly account: string | undefined;
  readonly container: string;
  readonly prefix: string;
  /** Endpoint the location itself names. */
  readonly endpoint?: string;
}

/** Needed with OAuth tokens; without a version Azure refuses them. */
const apiVersion = "2023-11-03";
/** The public cloud and the national ones. */
const cloudSuffix = /^([^.]+)\.(?:dfs|blob)\.(core\.(?:windows\.net|chinacloudapi\.cn|usgovcloudapi\.net))$/;

/** Reads below one prefix of one container. */
export class AzureStore extends TokenStore {
  readonly url: string;
  readonly #root: string;

  /**
   * @param location `az://account/container/prefix` or `abfs://container@account.dfs.core.windows.net/prefix`
   * @throws ReaderError `config` or `unsupported` when it cannot work as configured
   */
  constructor(location: string | URL, options: AzureStoreOptions = {}) {
    const { account, container, prefix, endpoint } = parseAzureUrl(location, options.account);
    const root = containerRoot(account, container, endpoint ?? options.endpoint?.toString());
    super(options, {
      name: container,
      root,
      prefix,
      headers: { "x-ms-version": apiVersion },
      permission: "read access (r in the SAS, or the role Storage Blob Data Reader; l to list)",
    });
    this.#root = root;
    this.url = ["az:/", account, container, prefix]
      .filter((part) => part !== undefined && part !== "")
      .join("/");
  }

  /** Azure answers `bytes=-n` with the whole blob, or not at all. */
  protected override get suffixRanges(): boolean {
    return false;
  }

  protected objectUrl(name: string): string {
    return `${this.#root}/${encodeKey(name)}`;
  }

  protected listUrl(query: string): string {
    return `${this.#root}?${query}`;
  }

  protected listObjects(
    prefix: string,
    requestFor: ListRequest,
    read: ListRead,
  ): AsyncIterable<ListedObject> {
    return listAzureBlobs(prefix, requestFor, read);
  }
}

/** @throws ReaderError `config` or `unsupported` */
function parseAzureUrl(location: string | URL, account: string | undefined): AzureLocation {
  const text = String(location);
  // A URL object has escaped what a string may hold as it is.
  const path = typeof location === "string" ? text : decodeURI(text);
  if (/[?&](sig|sv)=/.test(path)) {
    throw new ReaderError(
      "config",
      `${redactUrl(path.split("?")[0]!)} carries a SAS; it is not part of a location.`,
      {
        hint: 'Pass it as credentials: { sas: "sv=…&sig=…" }, or open the https: address with it.',
      },
    );
  }
  const [, scheme, host, rest] = /^(az|abfss?):\/\/([^/]*)\/?(.*)$/is.exec(path) ?? [];
  if (scheme === undefined) throw new ReaderError("config", `"${redactUrl(path)}" is not an Azure address.`);
  const at = host!.indexOf("@");
  if (at !== -1) {
    const cloud = cloudSuffix.exec(host!.slice(at + 1));
    if (cloud === null) {
      throw new ReaderError("unsupported", `"${host!.slice(at + 1)}" is not a host of Azure storage.`, {
        hint: "Use az://account/container/prefix and name the endpoint as an option.",
      });
    }
    const endpoint = `https://${cloud[1]}.blob.${cloud[2]}`;
    return { account: cloud[1]!, container: host!.slice(0, at), prefix: trimSlash(rest!), endpoint };
  }
  if (account !== undefined) return { account, container: host!, prefix: trimSlash(rest!) };
  const [container = "", ...below] = rest!.split("/");
  return { account: host!, container, prefix: trimSlash(below.join("/")) };
}

function containerRoot(account: string | undefined, container: string, endpoint: string | undefined): string {
  if (!/^(\$root|\$web|\$logs|[a-z0-9]([a-z0-9-]*[a-z0-9])?)$/.test(container)) {
    throw new ReaderError("config", `"${container.slice(0, 80)}" is not a container name.`, {
      hint: "Write az://account/container/prefix, or az://container/prefix with the option account.",
    });
  }
  if (endpoint !== undefined) {
    const { origin, pathname } = checkEndpoint(endpoint);
    return `${origin}${pathname.replace(/\/$/, "")}/${container}`;
  }
  if (!/^[a-z0-9]{3,24}$/.test(account ?? "")) {
    throw new ReaderError("config", `"${account?.slice(0, 80)}" is not the name of a storage account.`);
  }
  return `https://${account}.blob.core.windows.net/${container}`;
}

function trimSlash(prefix: string): string {
  return prefix.endsWith("/") ? prefix.slice(0, -1) : prefix;
}
