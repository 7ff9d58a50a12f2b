#!/usr/bin/env node
/**
 * `npx cloudcrop-list <folder or URL>`: writes down the keys of a store for those who read it from a host that cannot
 * list (docs/formats/listing.md).
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { isReaderError } from "../core/error.js";
import { writeListing } from "../store/listing.js";
import type { StorageOptions } from "../store/storage-options.js";
import { canList } from "../store/types.js";
import { createStore } from "../store/url.js";

const usage = `Usage: cloudcrop-list <folder or URL> [options]

Writes the keys below a folder, a bucket's prefix or a web server's index pages, with their sizes, as JSON;
cloudcrop takes the file as the option "listing".

  -o, --out <file>          where to; default: standard output
      --endpoint <URL>      another S3 server than AWS
      --region <name>
      --addressing <style>  path or virtual
      --credentials <from>  environment, profile, ecs, imds or default; default: none, public data
  -h, --help
`;

async function main(args: readonly string[]): Promise<number> {
  let given: ReturnType<typeof parse>;
  try {
    given = parse(args);
  } catch (thrown) {
    return complain(`${thrown instanceof Error ? thrown.message : String(thrown)}\n\n${usage}`, 2);
  }
  const { values, positionals } = given;
  const [location, ...others] = positionals;
  const styles = [undefined, "path", "virtual"];
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (location === undefined || others.length > 0 || !styles.includes(values.addressing)) {
    return complain(usage, 2);
  }
  try {
    const { store, url } = await createStore(location, optionsOf(values));
    if (!canList(store)) return complain(`${url} cannot be listed.\n`, 1);
    const out = values.out === undefined ? undefined : resolve(values.out);
    // A list written into the folder does not list itself.
    const text = await writeListing(store, (key) => out === undefined || resolve(url, key) !== out);
    if (out === undefined) process.stdout.write(text);
    else await writeFile(out, text);
    return 0;
  } catch (thrown) {
    if (isReaderError(thrown)) return complain(`${thrown.message}\n`, 1);
    throw thrown;
  }
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      out: { type: "string", short: "o" },
      endpoint: { type: "string" },
      region: { type: "string" },
      addressing: { type: "string" },
      credentials: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
}

function optionsOf(values: ReturnType<typeof parse>["values"]): StorageOptions {
  const { endpoint, region, addressing, credentials } = values;
  return {
    endpoint,
    region,
    cache: 0,
    addressing: addressing as StorageOptions["addressing"],
    credentials:
      credentials === undefined ? undefined : ({ type: credentials } as StorageOptions["credentials"]),
  };
}

function complain(text: string, code: number): number {
  process.stderr.write(text);
  return code;
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
