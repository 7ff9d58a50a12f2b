/**
 * @module
 * Data on the user's own computer: a folder, a zip archive or kerchunk references, picked or dropped anywhere on the page. Nothing is
 * uploaded: the library reads the files where they are.
 */
import type { OpenLocation } from "cloudcrop";
import type { Actions } from "./actions.js";
import { byId } from "./dom.js";
import type { Store } from "./state.js";

/** What was picked, and what stands for it in the address field. */
export interface Local {
  readonly label: string;
  readonly location: OpenLocation;
}

/** In front of a name in the address field; no scheme has spaces. */
const prefix = "this computer: ";

export function bindLocal(store: Store, actions: Actions): void {
  const use = (name: string, location: OpenLocation): void => {
    const label = prefix + name;
    const { place } = store.state;
    store.set({ local: { label, location }, place: { ...place, url: label } });
    void actions.open();
  };
  for (const kind of ["file", "folder"] as const) {
    const input = byId<HTMLInputElement>(`${kind}-input`);
    byId(`pick-${kind}`).addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      const [first] = files;
      if (first !== undefined) use(first.webkitRelativePath.split("/")[0] || first.name, files);
      // The same one may be picked again.
      input.value = "";
    });
  }
  bindDrop(use);
}

function bindDrop(use: (name: string, location: OpenLocation) => void): void {
  /** Entries of nested elements: the pointer enters a child before it leaves its parent. */
  let depth = 0;
  const show = (): void => {
    document.body.classList.toggle("dropping", depth > 0);
  };
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") === true;
  window.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth++;
    show();
  });
  window.addEventListener("dragleave", (event) => {
    if (!hasFiles(event)) return;
    depth--;
    show();
  });
  // Without this the browser would leave the page for the file.
  window.addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  window.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show();
    // Items are only there until this returns.
    const [item] = event.dataTransfer!.items;
    const entry = item?.webkitGetAsEntry();
    const file = item?.getAsFile();
    if (entry?.isDirectory) use(entry.name, entry);
    else if (file) use(file.name, file);
  });
}
