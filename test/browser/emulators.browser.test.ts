/**
 * The store contract in a real browser over emulators of Azure Blob and Google Cloud Storage, as far as they are installed
 * (`node scripts/emulators.mjs`). azurite has the recommended CORS rule; fake-gcs-server exposes no header we read.
 *
 * @module
 */
import { describe, inject, it } from "vitest";
import type { StorageOptions } from "../../src/store/storage-options.js";
import { createStore } from "../../src/store/url.js";
import { storeContract } from "../contract/store.contract.js";

const { azurite, fakeGcs } = inject("emulators");

function contract(name: string, location: string, options: StorageOptions): void {
  storeContract(`${name}, in a browser`, async () => ({
    store: (await createStore(location, options)).store,
  }));
}

if (azurite !== undefined) {
  const { account, endpoint, sas } = azurite;
  contract("azurite, public", `az://${account}/public/pre fix`, { endpoint });
  contract("azurite, SAS", `az://${account}/private/pre fix`, { endpoint, credentials: { sas } });
} else absent("azurite");

if (fakeGcs !== undefined) {
  contract("fake-gcs-server, XML API", "gs://public/pre fix", { endpoint: fakeGcs });
  contract("fake-gcs-server, JSON API", "gs://public/pre fix", { endpoint: fakeGcs, gcsApi: "json" });
} else absent("fake-gcs-server");

/** What is not there is not passed over in silence. */
function absent(name: string): void {
  describe(`${name} IS NOT INSTALLED: node scripts/emulators.mjs`, () => {
    it.skip("the store contract over it", () => {});
  });
}
