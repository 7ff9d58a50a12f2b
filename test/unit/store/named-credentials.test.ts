/**
 * Credentials that Node looks up, by the AWS SDK's own providers against files and services of this machine.
 *
 * @module
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { resolveCredentials } from "../../../src/store/credentials.js";
import { loadNamedCredentials } from "../../../src/store/named-credentials.js";
import { createStore } from "../../../src/store/url.js";
import { createS3Server } from "../../support/s3-server/server.js";

let folder: string;
let service: Server;
let origin: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cloudcrop-aws-"));
  const profile = (id: string): string => `aws_access_key_id = ${id}\naws_secret_access_key = S\n`;
  await writeFile(
    join(folder, "credentials"),
    `[default]\n${profile("DEFAULT")}\n[other]\n${profile("OTHER")}`,
  );
  // What containers and machines of AWS answer.
  const answer = (id: string): string =>
    JSON.stringify({
      Code: "Success",
      AccessKeyId: id,
      SecretAccessKey: "S",
      Token: "T",
      Expiration: new Date(Date.now() + 3_600_000).toISOString(),
    });
  service = createServer(({ url, method }, response) => {
    if (url === "/container") response.end(answer("CONTAINER"));
    else if (url === "/latest/api/token" && method === "PUT") response.end("session");
    else if (url === "/latest/meta-data/iam/security-credentials/") response.end("role");
    else if (url === "/latest/meta-data/iam/security-credentials/role") response.end(answer("MACHINE"));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const address = service.address();
  origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  service.close();
  await rm(folder, { recursive: true });
});

function withFiles(): void {
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(folder, "credentials"));
  vi.stubEnv("AWS_CONFIG_FILE", join(folder, "none"));
  vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", undefined);
  vi.stubEnv("AWS_PROFILE", undefined);
}

describe("loadNamedCredentials", () => {
  it("reads profiles", async () => {
    withFiles();
    expect(await loadNamedCredentials({ type: "profile" })).toMatchObject({ accessKeyId: "DEFAULT" });
    expect(await loadNamedCredentials({ type: "profile", profile: "other" })).toMatchObject({
      accessKeyId: "OTHER",
    });
    expect(await loadNamedCredentials({ type: "default" })).toMatchObject({ accessKeyId: "DEFAULT" });
    await expect(loadNamedCredentials({ type: "profile", profile: "none" })).rejects.toMatchObject({
      code: "config",
      message: expect.stringContaining('profile "none"') as string,
    });
  });

  it("asks a container's service", async () => {
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `${origin}/container`);
    expect(await loadNamedCredentials({ type: "ecs" })).toMatchObject({
      accessKeyId: "CONTAINER",
      sessionToken: "T",
      expiration: expect.any(Date) as Date,
    });
  });

  it("asks a machine's metadata", async () => {
    vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", origin);
    expect(await loadNamedCredentials({ type: "imds" })).toMatchObject({ accessKeyId: "MACHINE" });
  });

  it("reads the environment without any package", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "ENV");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "S");
    vi.stubEnv("AWS_CREDENTIAL_EXPIRATION", "2030-01-02T03:04:05Z");
    const noPackage = (): Promise<never> => Promise.reject(new Error("not installed"));
    expect(await loadNamedCredentials({ type: "environment" }, noPackage)).toMatchObject({
      accessKeyId: "ENV",
      expiration: new Date("2030-01-02T03:04:05Z"),
    });
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", undefined);
    await expect(loadNamedCredentials({ type: "environment" })).rejects.toMatchObject({ code: "config" });
  });

  it("says what to install, and which names there are", async () => {
    const noPackage = (): Promise<never> => Promise.reject(new Error("not installed"));
    await expect(loadNamedCredentials({ type: "ecs" }, noPackage)).rejects.toThrow(
      /config: .*npm install @aws-sdk\/credential-providers/,
    );
    await expect(loadNamedCredentials({ type: "sso" as never })).rejects.toThrow(
      /config: .*environment, default/,
    );
  });
});

describe("a store", () => {
  it("reads with the keys of a profile", async () => {
    withFiles();
    const server = await createS3Server({ accounts: [{ accessKeyId: "OTHER", secretAccessKey: "S" }] });
    server.createBucket("closed");
    server.put("closed", "data", "text");
    const { store } = await createStore("s3://closed", {
      endpoint: server.url,
      credentials: { type: "profile", profile: "other" },
    });
    expect(await store.get("/data")).toHaveLength(4);
    await server.close();
  });

  it("refuses what only Node has, in a page", () => {
    vi.stubGlobal("document", {});
    try {
      for (const type of ["default", "environment", "profile", "ecs", "imds"] as const) {
        expect(() => resolveCredentials({ type })).toThrow(/config: .*Node only/);
      }
      expect(() => resolveCredentials("default")).toThrow(/config/);
      expect(resolveCredentials({ type: "anonymous" }).kind).toBe("anonymous");
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
