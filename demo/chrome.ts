/**
 * @module
 * The page's frame: tabs below the picture, light and dark, the link to share.
 */
import { byId, copyText } from "./dom.js";
import { writeHash } from "./share.js";
import type { Store } from "./state.js";

/** One tab open at a time, or none: the picture then has the room. */
export function bindTabs(): void {
  const tabs = [...document.querySelectorAll<HTMLButtonElement>("[data-tab]")];
  const open = (name: string | undefined): void => {
    for (const tab of tabs) {
      const isOpen = tab.dataset.tab === name;
      tab.setAttribute("aria-expanded", String(isOpen));
      byId(tab.dataset.tab!).hidden = !isOpen;
    }
  };
  for (const tab of tabs) {
    // What scrolls must be reachable by keys.
    byId(tab.dataset.tab!).tabIndex = 0;
    tab.addEventListener("click", () => {
      open(tab.getAttribute("aria-expanded") === "true" ? undefined : tab.dataset.tab);
    });
  }
}

/** Follows the system until the user chooses; the choice lasts as long as the page. */
export function bindTheme(repaint: () => void): void {
  const button = byId("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  button.addEventListener("click", () => {
    const root = document.documentElement;
    const isDark = root.dataset.theme === "dark" || (root.dataset.theme === undefined && system.matches);
    root.dataset.theme = isDark ? "light" : "dark";
    repaint();
  });
}

/** Keeps the address bar a link to what is seen; keys are never part of it. */
export function bindShare(store: Store): void {
  store.on(["scene", "draft", "colourBy"], (state) => {
    if (state.scene === undefined) return;
    history.replaceState(undefined, "", `${location.pathname}${location.search}${writeHash(state)}`);
  });
  const button = byId("share");
  button.addEventListener("click", async () => {
    const url = new URL(location.href);
    url.hash = writeHash(store.state);
    const copied = await copyText(url.href);
    button.textContent = copied ? "Link copied, without keys" : "Copy the address bar";
    setTimeout(() => {
      button.textContent = "Share";
    }, 2000);
  });
}
