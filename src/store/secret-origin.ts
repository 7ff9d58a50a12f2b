/**
 * Where secrets may go: to the one origin they are for, over https (docs/design/object-storage.md §13).
 *
 * @module
 */
import { ReaderError } from "../core/error.js";
import { isLoopback } from "../net/environment.js";

/**
 * Secrets go to one origin, over https.
 *
 * @throws ReaderError `config` when that is not so
 */
export function checkSecretOrigin(origin: string, allowHttp: boolean | undefined): void {
  const { protocol, hostname, host } = new URL(origin);
  if (protocol === "https:" || isLoopback(hostname) || allowHttp === true) return;
  throw new ReaderError("config", `Keys are not sent to ${host} over http.`, {
    hint: "Use https, or set allowHttp when the network is yours.",
  });
}

/** @throws ReaderError `config` for another origin than the one the secrets are for */
export function checkTarget(origin: string, target: URL): void {
  if (target.origin === origin) return;
  throw new ReaderError("config", `Keys for ${origin} are not used for ${target.origin}.`);
}
