/**
 * @module
 * Two test projects: `node`, and `browser` in a real Chromium.
 */
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { launchOptions } from "./scripts/lib/browser.mjs";
import { sourceAliases } from "./scripts/lib/exports.mjs";

const resolve = { alias: sourceAliases() };

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        test: {
          name: "node",
          environment: "node",
          include: ["test/{unit,contract,formats,types,package}/**/*.test.ts"],
          exclude: ["**/*.browser.test.ts"],
          testTimeout: 30_000,
        },
      },
      {
        resolve,
        test: {
          name: "browser",
          include: ["test/**/*.browser.test.ts"],
          globalSetup: "test/support/fixture-bucket.ts",
          testTimeout: 30_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: launchOptions() }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
