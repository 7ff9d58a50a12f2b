import { describe, expect, it } from "vitest";
import { browserPlaces } from "../../../scripts/lib/browser.mjs";

describe("browserPlaces", () => {
  it("prefers the path, then the usual places on Linux", () => {
    const places = browserPlaces({ PATH: "/opt/mine/bin::/usr/local/bin" }, "linux");
    expect(places[0]).toBe("/opt/mine/bin/chromium");
    expect(places).toContain("/usr/local/bin/google-chrome");
    expect(places).toContain("/usr/bin/chromium");
    expect(places.indexOf("/usr/bin/chromium")).toBeGreaterThan(places.indexOf("/usr/local/bin/chromium"));
    expect(places.filter((place) => place.startsWith("chromium"))).toEqual([]);
  });

  it("knows the applications of macOS, the user's own too", () => {
    const places = browserPlaces({ HOME: "/Users/me" }, "darwin");
    expect(places[0]).toBe("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
    expect(places).toContain("/Users/me/Applications/Chromium.app/Contents/MacOS/Chromium");
  });

  it("knows the program folders of Windows that are set, Edge last", () => {
    const places = browserPlaces(
      { PROGRAMFILES: "C:\\Program Files", LOCALAPPDATA: "C:\\Users\\me\\AppData\\Local" },
      "win32",
    );
    expect(places[0]).toBe("C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe");
    expect(places.at(-1)).toBe("C:\\Users\\me\\AppData\\Local\\Microsoft\\Edge\\Application\\msedge.exe");
    expect(places).toHaveLength(6);
  });
});
