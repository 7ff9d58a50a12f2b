/**
 * @module
 * Test projects: `node`, and in a real Chromium `browser` and `browser-isolated`, whose pages may share memory with workers.
 */
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";
import { launchOptions } from "./scripts/lib/browser.mjs";
import { sourceAliases } from "./scripts/lib/exports.mjs";

const resolve = { alias: sourceAliases() };

/** What makes a page cross-origin isolated. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "cross-origin",
};

function browserProject(
  name: string,
  headers: Readonly<Record<string, string>> = {},
): TestProjectConfiguration {
  return {
    resolve,
    plugins: [
      {
        name: "headers",
        enforce: "pre",
        configureServer({ middlewares }) {
          middlewares.use((_request, response, next) => {
            for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
            next();
          });
        },
      },
    ],
    test: {
      name,
      include: ["test/**/*.browser.test.ts"],
      provide: { isolated: Object.keys(headers).length > 0 },
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
  };
}

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
      browserProject("browser"),
      browserProject("browser-isolated", isolation),
    ],
  },
});
