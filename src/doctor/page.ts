/**
 * What a page must have before it asks at all; nothing of it needs a request.
 *
 * @module
 */
import { inBrowser } from "../net/environment.js";
import { isMixedContent, localNetworkDenied } from "../net/verdict.js";
import type { Checklist } from "./diagnosis.js";

/** Tells whether this page, or worker, may sign requests. */
export function checkSecurePage(list: Checklist, hasKeys: boolean): void {
  if (!inBrowser()) return;
  if (globalThis.crypto?.subtle !== undefined) {
    list.set("secure-page", "ok", "This page came by https or from this machine, so it can sign requests.");
  } else if (hasKeys) {
    list.set("secure-page", "failed", "Signing needs a secure page (https or localhost).");
  } else {
    list.set(
      "secure-page",
      "warning",
      "This page came by http, so it cannot sign requests; public data can be read.",
    );
  }
}

/** What browsers refuse by the address alone. */
export async function checkPage(list: Checklist, root: string): Promise<void> {
  if (!inBrowser()) return;
  if (isMixedContent(root)) {
    list.set(
      "mixed-content",
      "failed",
      `An https page cannot read ${root}. Serve the data over https or open this page over http on localhost.`,
    );
  } else list.set("mixed-content", "ok", "Page and data go together.");
  // Where leave is needed, the read shows whether it is given.
  if (!(await localNetworkDenied(root))) {
    list.set("local-network", "ok", "The browser needs no leave of its own for this address.");
  }
}
