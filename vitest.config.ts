/**
 * @module
 * Test projects: `node`; in a real Chromium `browser` and `browser-isolated`, whose pages may share memory with workers; and, where it is
 * installed, `browser-firefox`.
 */
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";
import { findFirefox, launchOptions } from "./scripts/lib/browser.mjs";
import { sourceAliases } from "./scripts/lib/exports.mjs";

const resolve = { alias: sourceAliases() };

/** What makes a page cross-origin isolated. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "cross-origin",
};

const firefox = findFirefox();

interface BrowserProject {
  readonly headers?: Readonly<Record<string, string>>;
  /** Program of a stock Firefox; default: Chromium. */
  readonly firefox?: string;
}

function browserProject(
  name: string,
  { headers = {}, firefox }: BrowserProject = {},
): TestProjectConfiguration {
  const browser = firefox === undefined ? "chromium" : "firefox";
  const launch =
    firefox === undefined ? launchOptions() : { channel: "moz-firefox", executablePath: firefox };
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
      // Stores, and what goes from worker to worker, are what differs from browser to browser.
      include: [
        firefox === undefined
          ? "test/**/*.browser.test.ts"
          : "test/browser/{atlas,stores,picked,clouds,emulators,timeline,results}.browser.test.ts",
      ],
      provide: { isolated: Object.keys(headers).length > 0 },
      globalSetup: "test/support/fixture-bucket.ts",
      testTimeout: 30_000,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: launch }),
        instances: [{ browser }],
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
      browserProject("browser-isolated", { headers: isolation }),
      ...(firefox === undefined ? [] : [browserProject("browser-firefox", { firefox })]),
    ],
  },
});
