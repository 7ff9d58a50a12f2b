/**
 * Regenerates every fixture: `node test/generate/run.mjs [script…]`. The beginning of names stands for all of them: `atlas`.
 *
 * Makes one Python environment per requirements file in `.cache/`, installs the pinned packages when the file
 * changed, and runs each script of this folder in it. `codecs-zstd.py` takes `requirements-codecs.txt` if that
 * exists (its name up to the first dash), and `requirements.txt` otherwise.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BINARIES, findPython, NO_PYTHON } from "../../scripts/lib/python.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const cache = fileURLToPath(new URL("../../.cache/", import.meta.url));

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { stdio: "inherit", ...options });
  if (result.error) {
    console.error(`${command}: ${result.error.message}`);
  }
  return result.status === 0;
}

/** The interpreter of a requirements file's environment; `undefined` when it cannot be had. */
function prepareEnvironment(requirements) {
  const folder = join(cache, `fixtures-${basename(requirements, ".txt")}`);
  const python = join(folder, BINARIES, "python");
  const stamp = join(folder, "installed.sha256");
  const wanted = createHash("sha256")
    .update(readFileSync(join(here, requirements)))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) {
    return python;
  }
  if (!existsSync(python)) {
    const base = findPython();
    if (base === undefined) {
      console.error(NO_PYTHON);
      return undefined;
    }
    if (!run(base, ["-m", "venv", folder])) {
      return undefined;
    }
  }
  console.log(`installing ${requirements}`);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  if (!run(python, [...pip, "-r", join(here, requirements)])) {
    return undefined;
  }
  writeFileSync(stamp, wanted);
  return python;
}

/**
 * Where `codecs-blosc.py` finds a libblosc that can do snappy, which the wheels leave out: the user's own by
 * LIBBLOSC, or Debian's package unpacked into `.cache/`, nothing installed.
 */
function prepareLibblosc() {
  if (process.env.LIBBLOSC) {
    return {};
  }
  const folder = join(cache, "fixtures-libblosc");
  const find = () =>
    existsSync(folder)
      ? readdirSync(folder, { recursive: true })
          .map((name) => join(folder, name))
          .find((name) => basename(name) === "libblosc.so.1")
      : undefined;
  if (find() === undefined && process.platform === "linux") {
    mkdirSync(folder, { recursive: true });
    console.log("downloading libblosc1 and libsnappy1v5");
    const silent = { cwd: folder, stdio: "ignore" };
    if (run("apt-get", ["download", "libblosc1", "libsnappy1v5"], silent)) {
      for (const file of readdirSync(folder).filter((name) => name.endsWith(".deb"))) {
        run("dpkg", ["-x", file, "."], silent);
      }
    }
  }
  const library = find();
  return library === undefined ? {} : { LIBBLOSC: library, LD_LIBRARY_PATH: join(library, "..") };
}

const scripts = readdirSync(here)
  .filter((name) => name.endsWith(".py"))
  .sort();
const asked = process.argv.slice(2).map((name) => basename(name));
const unknown = asked.filter((name) => !scripts.some((script) => script.startsWith(name)));
if (unknown.length > 0) {
  console.error(`no such script: ${unknown.join(", ")}; there are ${scripts.join(", ")}`);
  process.exit(1);
}

const failed = [];
for (const script of scripts) {
  if (asked.length > 0 && !asked.some((name) => script.startsWith(name))) continue;
  const own = `requirements-${script.split("-")[0]}.txt`;
  const python = prepareEnvironment(existsSync(join(here, own)) ? own : "requirements.txt");
  console.log(`running ${script}`);
  const extra = script === "codecs-blosc.py" ? prepareLibblosc() : {};
  // No byte code in the source tree; -W ignore, because zarr-python warns about every extension it writes.
  const env = { ...process.env, ...extra, PYTHONDONTWRITEBYTECODE: "1" };
  if (python === undefined || !run(python, ["-W", "ignore", script], { cwd: here, env })) {
    failed.push(script);
  }
}
if (failed.length > 0) {
  console.error(`failed: ${failed.join(", ")}`);
  process.exit(1);
}
