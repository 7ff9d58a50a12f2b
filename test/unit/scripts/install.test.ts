import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findDifference, reasonToInstall } from "../../../scripts/lib/install.mjs";

describe("findDifference", () => {
  const locked = {
    packages: {
      "": { version: "1.0.0" },
      "node_modules/a": { version: "1.2.3" },
      "node_modules/a/node_modules/@scope/b": { version: "2.0.0" },
      "node_modules/only-on-windows": { version: "3.0.0", optional: true },
    },
  };
  const installed = {
    packages: {
      "node_modules/a": { version: "1.2.3" },
      "node_modules/a/node_modules/@scope/b": { version: "2.0.0" },
    },
  };

  it("finds none when all that is needed here is installed", () => {
    expect(findDifference(locked, installed)).toBeUndefined();
  });

  it("names a missing package", () => {
    expect(findDifference(locked, { packages: { "node_modules/a": { version: "1.2.3" } } })).toBe(
      "@scope/b is missing",
    );
  });

  it("names a package of another version, an optional one too", () => {
    const older = {
      packages: { ...installed.packages, "node_modules/only-on-windows": { version: "2.9.9" } },
    };
    expect(findDifference(locked, older)).toBe("only-on-windows is 2.9.9, the lockfile says 3.0.0");
  });
});

describe("reasonToInstall", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "cloudcrop-install-"));
    writeFileSync(
      join(root, "package-lock.json"),
      JSON.stringify({ packages: { "node_modules/a": { version: "1.0.0" } } }),
    );
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function record(text: string): void {
    mkdirSync(join(root, "node_modules"));
    writeFileSync(join(root, "node_modules", ".package-lock.json"), text);
  }

  it("is that they are missing in a fresh clone", () => {
    expect(reasonToInstall(root)).toBe("they are missing");
  });

  it("is a broken record of a half-done installation", () => {
    record('{"packages": {"node_mod');
    expect(reasonToInstall(root)).toBe("npm's record of them is broken");
  });

  it("is none when the record agrees with the lockfile", () => {
    record(JSON.stringify({ packages: { "node_modules/a": { version: "1.0.0" } } }));
    expect(reasonToInstall(root)).toBeUndefined();
  });
});
