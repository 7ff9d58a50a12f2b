// @ts-check
/**
 * @module
 * What the tests use where it is installed: further browsers, a screen for them, an object store that is not ours. Continuous integration installs
 * them, where it may; elsewhere it is said what is missing and so not tested.
 */

import { existsSync } from "node:fs";
import { findFirefox, findWebKit, findXvfb, mayAskApt } from "./browser.mjs";
import { run, say } from "./run.mjs";

/**
 * @typedef {object} Extra
 * @property {string} name
 * @property {() => boolean} isThere
 * @property {readonly string[]} packages Debian's
 * @property {string} tests what is not tested without it
 */

/** @type {readonly Extra[]} */
const EXTRAS = [
  {
    name: "Firefox",
    isThere: () => findFirefox() !== undefined,
    packages: ["firefox-esr"],
    tests: "anything in a second browser",
  },
  {
    name: "Xvfb",
    isThere: () => findXvfb() !== undefined,
    packages: ["xvfb", "libegl1"],
    tests: "drawing in Firefox, or anything in WebKit,",
  },
  {
    name: "WebKit",
    isThere: () => findWebKit() !== undefined,
    packages: ["webkit2gtk-driver"],
    tests: "anything in a third browser",
  },
  {
    name: "RadosGW",
    isThere: () => ["radosgw", "ceph-mon", "ceph-osd"].every((name) => existsSync(`/usr/bin/${name}`)),
    packages: ["radosgw", "ceph-mon", "ceph-osd"],
    tests: "reading from an S3 server that is not ours",
  },
];

/**
 * Installs what is missing where CI is set and apt may be asked, and says loudly what stays missing.
 *
 * @returns {Promise<void>}
 */
export async function ensureExtras() {
  const wanted = EXTRAS.filter(({ isThere }) => !isThere());
  if (wanted.length > 0 && process.env.CI && mayAskApt()) {
    say(`Installing ${wanted.map(({ name }) => name).join(" and ")} (apt-get install) …`);
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    const packages = wanted.flatMap((extra) => extra.packages);
    await run("apt-get", ["update"], { env });
    await run("apt-get", ["install", "-y", "--no-install-recommends", ...packages], { env });
  }
  for (const { name, packages, tests } of EXTRAS.filter(({ isThere }) => !isThere())) {
    say(`!! ${name} IS NOT INSTALLED, so ${tests} is not tested: apt-get install ${packages.join(" ")}`);
  }
}
