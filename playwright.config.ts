/**
 * @module
 * End-to-end tests of the built demo, in Chromium and, where CLOUDCROP_FIREFOX names one, in stock Firefox: without a screen it draws
 * nothing (it has no software WebGL then), so the tests of pictures fail there. What the library does in Firefox is tested elsewhere.
 *
 * The demo and its embedded S3 server are started once on free ports; what they print names the addresses, which reach the tests
 * as `baseURL` and in the environment (CLOUDCROP_DEMO, CLOUDCROP_S3).
 */
import { defineConfig } from "@playwright/test";
import { FIREFOX_VARIABLE, findFirefox, launchOptions } from "./scripts/lib/browser.mjs";

const firefox = process.env[FIREFOX_VARIABLE] ? findFirefox() : undefined;
const baseURL = process.env.CLOUDCROP_DEMO;

export default defineConfig({
  testDir: "test/e2e",
  outputDir: ".cache/e2e",
  timeout: 60_000,
  // On two busy processors the first query of a page may take as long.
  expect: { timeout: 15_000 },
  forbidOnly: true,
  retries: 0,
  workers: 1,
  reporter: "list",
  use: { ...(baseURL === undefined ? {} : { baseURL }), trace: "retain-on-failure" },
  projects: [
    { name: "chromium", use: { browserName: "chromium", launchOptions: launchOptions() } },
    ...(firefox === undefined
      ? []
      : [
          {
            name: "firefox",
            use: {
              browserName: "firefox" as const,
              channel: "moz-firefox",
              launchOptions: { executablePath: firefox },
            },
          },
        ]),
  ],
  webServer: {
    command: "node scripts/serve-demo.mjs",
    wait: { stdout: /^s3 (?<CLOUDCROP_S3>http:\S+)\ndemo (?<CLOUDCROP_DEMO>http:\S+)$/m },
    gracefulShutdown: { signal: "SIGTERM", timeout: 5000 },
    timeout: 60_000,
  },
});
