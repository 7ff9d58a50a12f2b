/**
 * Real web servers over a folder, each as an ordinary user configures it to show index pages: Python's is always there,
 * nginx, Apache and lighttpd where they are installed (`apt-get install nginx-light apache2-bin lighttpd`).
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

export const webServers = ["python", "nginx", "nginx-json", "apache", "lighttpd"] as const;
export type WebServerName = (typeof webServers)[number];

export interface WebServer {
  /** The folder's address, with a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

const places = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
const find = (...names: string[]): string | undefined =>
  names.flatMap((name) => places.map((place) => join(place, name))).find((path) => existsSync(path));

const programs: Readonly<Record<WebServerName, string | undefined>> = {
  python: find("python3", "python"),
  nginx: find("nginx"),
  "nginx-json": find("nginx"),
  apache: find("apache2", "httpd"),
  lighttpd: find("lighttpd"),
};

/** Tells whether a server is installed. */
export function hasWebServer(name: WebServerName): boolean {
  return programs[name] !== undefined;
}

/** Serves a folder on a free port of this machine; `lines` go into nginx's location. */
export async function startWebServer(name: WebServerName, folder: string, lines = ""): Promise<WebServer> {
  const port = await freePort();
  const home = await mkdtemp(join(tmpdir(), "cloudcrop-web-"));
  const config = join(home, "config");
  const { text, args } = commandOf(name, { folder, home, port, config, lines });
  await writeFile(config, text);
  const child = spawn(programs[name]!, args, { stdio: "ignore" });
  // A test that fails before it closes the server must not leave it behind.
  const atExit = (): void => void child.kill("SIGKILL");
  process.once("exit", atExit);
  const url = `http://127.0.0.1:${port}/`;
  await ready(url, child);
  return {
    url,
    async close() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      process.off("exit", atExit);
      await rm(home, { recursive: true, force: true });
    },
  };
}

interface Setting {
  readonly folder: string;
  readonly home: string;
  readonly port: number;
  readonly config: string;
  readonly lines: string;
}

/** The configuration file of a server, and how it is started with it in the foreground. */
function commandOf(name: WebServerName, setting: Setting): { text: string; args: string[] } {
  const { folder, home, port, config, lines } = setting;
  const isRoot = process.getuid?.() === 0;
  switch (name) {
    case "python":
      return {
        text: "",
        args: ["-m", "http.server", String(port), "--bind", "127.0.0.1", "--directory", folder],
      };
    case "nginx":
    case "nginx-json": {
      const format = name === "nginx-json" ? "autoindex_format json;" : "";
      const scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
        (kind) => `${kind}_temp_path ${home}/${kind};`,
      );
      const text = `${isRoot ? "user root;" : ""} daemon off; master_process off; pid ${home}/pid; error_log ${home}/log;
events {} http { access_log off; ${scratch.join(" ")}
server { listen 127.0.0.1:${port}; root "${folder}"; autoindex on; ${format} location / { ${lines} } } }`;
      return { text, args: ["-c", config, "-e", `${home}/log`] };
    }
    case "apache": {
      const modules = ["mpm_event", "authz_core", "dir", "autoindex", "mime"].map(
        (each) => `LoadModule ${each}_module /usr/lib/apache2/modules/mod_${each}.so`,
      );
      const text = `ServerRoot "${home}"
${modules.join("\n")}
TypesConfig /etc/mime.types
ServerName localhost
Listen 127.0.0.1:${port}
PidFile "${home}/pid"
ErrorLog "${home}/log"
StartServers 1
DocumentRoot "${folder}"
<Directory "${folder}">
  Options Indexes
  IndexOptions FancyIndexing
  IndexIgnore .??* *~ *# RCS CVS *,v *,t
  Require all granted
</Directory>`;
      return { text, args: ["-X", "-f", config] };
    }
    case "lighttpd": {
      const text = `server.document-root = "${folder}"
server.bind = "127.0.0.1"
server.port = ${port}
server.modules = ( "mod_dirlisting" )
dir-listing.activate = "enable"
dir-listing.encoding = "utf-8"`;
      return { text, args: ["-D", "-f", config] };
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    const answered = await fetch(url).then(
      (response) => response.body?.cancel().then(() => true),
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill("SIGKILL");
  throw new Error(`${child.spawnfile} does not answer`);
}
