/**
 * @module
 * End-to-end tests of the built demo, in Chromium and, where it is installed, in stock Firefox. Without a screen Firefox has no WebGL2, so it
 * gets one of Xvfb's; where there is none either, the tests that look at pictures say so and are skipped. GTK's WebKit, which Playwright does
 * not drive, has a few tests of its own, over WebDriver.
 *
 * The demo and its embedded S3 server are started once on free ports, the screen on a free number; what they print reaches the tests in
 * the environment (CLOUDCROP_DEMO, which is `baseURL`, CLOUDCROP_S3, CLOUDCROP_SCREEN).
 */
import { defineConfig, type PlaywrightTestProject } from "@playwright/test";
import { findFirefox, findWebKit, findXvfb, launchOptions } from "./scripts/lib/browser.mjs";

const firefox = findFirefox();
const xvfb = findXvfb();
const { CLOUDCROP_DEMO: baseURL, CLOUDCROP_SCREEN: screen } = process.env;

/** Stock Firefox, drawing on Xvfb's screen where there is one. */
function firefoxProject(executablePath: string): PlaywrightTestProject {
  const onScreen =
    screen === undefined ? {} : { headless: false, env: { ...process.env, DISPLAY: `:${screen}` } };
  return {
    name: "firefox",
    use: { browserName: "firefox", channel: "moz-firefox", launchOptions: { executablePath, ...onScreen } },
  };
}

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
  // A trace of every test takes a third of its time; `npm run test:e2e -- --trace retain-on-failure` shows what went wrong.
  use: { ...(baseURL === undefined ? {} : { baseURL }), screenshot: "only-on-failure" },
  projects: [
    { name: "chromium", use: { browserName: "chromium", launchOptions: launchOptions() } },
    ...(firefox === undefined ? [] : [firefoxProject(firefox)]),
    ...(findWebKit() === undefined || xvfb === undefined
      ? []
      : [{ name: "webkit", testMatch: "*.smoke.ts" }]),
  ],
  webServer: [
    {
      command: "node scripts/serve-demo.mjs",
      wait: { stdout: /^s3 (?<CLOUDCROP_S3>http:\S+)\ndemo (?<CLOUDCROP_DEMO>http:\S+)$/m },
      gracefulShutdown: { signal: "SIGTERM", timeout: 5000 },
      timeout: 60_000,
    },
    ...(xvfb === undefined
      ? []
      : [
          {
            command: `${xvfb} -displayfd 1 -screen 0 1280x1024x24 -nolisten tcp`,
            // It says so of every number that is taken.
            stderr: "ignore" as const,
            wait: { stdout: /^(?<CLOUDCROP_SCREEN>\d+)$/m },
            gracefulShutdown: { signal: "SIGTERM" as const, timeout: 5000 },
            timeout: 60_000,
          },
        ]),
  ],
});
