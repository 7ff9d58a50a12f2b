/**
 * @module
 * Where the data is, and the keys that open it.
 */
import type { Actions } from "./actions.js";
import { byId } from "./dom.js";
import type { Keys, Place, Store } from "./state.js";

const placeFields = ["url", "endpoint", "region", "signing"] as const;
const keyFields = ["accessKeyId", "secretAccessKey", "sessionToken"] as const;

/** Binds the form to the store, both ways. */
export function bindForm(store: Store, actions: Actions): void {
  const form = byId<HTMLFormElement>("place");
  const field = (name: string): HTMLInputElement => byId<HTMLInputElement>(name);
  const read = (): void => {
    const place = Object.fromEntries(
      placeFields.map((name) => [name, field(name).value]),
    ) as unknown as Place;
    const keys = Object.fromEntries(keyFields.map((name) => [name, field(name).value])) as unknown as Keys;
    store.set({ place, keys });
  };
  form.addEventListener("input", (event) => {
    // The list of samples lies in the form too, and has a listener of its own.
    if (event.target !== byId("preset")) read();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    read();
    if (store.state.place.url.trim() === "") return field("url").focus();
    void actions.open();
  });
  store.on(["place", "keys", "samples"], ({ place, keys, samples }) => {
    for (const name of placeFields) if (field(name).value !== place[name]) field(name).value = place[name];
    for (const name of keyFields) if (field(name).value !== keys[name]) field(name).value = keys[name];
    const isDemo = samples !== undefined && keys.secretAccessKey === samples.demoKeys.secretAccessKey;
    byId("demo-keys").hidden = !isDemo;
    byId("keys-state").textContent = keys.accessKeyId === "" ? "none: anonymous" : `${keys.accessKeyId}`;
    byId("keys-unused").hidden = keys.accessKeyId === "" || !/^https?:/i.test(place.url.trim());
  });
  store.on(["opening"], ({ opening }) => {
    const button = byId<HTMLButtonElement>("open");
    button.textContent = opening ? "Opening…" : "Open";
    byId("stage").setAttribute("aria-busy", String(opening));
  });
}

/** Unfolds the keys, and puts the cursor where the first is missing. */
export function showKeys(focus: boolean): void {
  byId<HTMLDetailsElement>("keys").open = true;
  if (focus) byId("accessKeyId").focus();
}
