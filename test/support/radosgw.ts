/**
 * A RadosGW of this machine over a Ceph cluster in memory, for as long as a test runs (docs/design/object-storage.md §14).
 * Debian's packages radosgw, ceph-mon and ceph-osd; needs no rights, no container.
 *
 * @module
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  CreateBucketCommand,
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { AwsClient } from "aws4fetch";
import type { Credentials } from "../../src/store/credentials.js";
import type { CorsRule } from "./s3-server/server.js";

const programs = ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool", "ceph"];

export const hasRadosGw: boolean = programs.every((name) => existsSync(`/usr/bin/${name}`));

export interface RadosGw {
  /** As `endpoint` takes it. */
  readonly endpoint: string;
  readonly region: string;
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** A bucket that everyone may read, or nobody but us. */
  createBucket(name: string, isPublic: boolean, cors?: readonly CorsRule[]): Promise<void>;
  put(bucket: string, key: string, bytes: Uint8Array): Promise<void>;
  /** Keys that carry a session token; only where it was started with `sessions`. */
  assumeRole(): Promise<Credentials>;
  close(): Promise<void>;
}

const exec = promisify(execFile);
const patience = 40_000;

/** @param options `sessions`: gives out temporary keys; wrong keys are then answered with less */
export async function startRadosGw(options: { readonly sessions?: boolean } = {}): Promise<RadosGw> {
  const sessions = options.sessions === true;
  const folder = await mkdtemp(join(tmpdir(), "cloudcrop-rgw-"));
  const started: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    // The gateway may linger, and the others hold nothing worth a farewell.
    for (const child of started.reverse()) await kill(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [port, monPort] = [await freePort(), await freePort()];
    const v1Port = await freePort();
    const [cluster, osd] = [randomUUID(), randomUUID()];
    for (const name of ["mon", "osd", "run", "rgw"]) await mkdir(join(folder, name));
    const monitors = `[v2:127.0.0.1:${monPort},v1:127.0.0.1:${v1Port}]`;
    const file = join(folder, "ceph.conf");
    await writeFile(file, configuration(folder, cluster, monitors, port, sessions));
    const env = { ...process.env, CEPH_CONF: file };
    const run = (program: string, ...args: string[]) => exec(program, args, { env, timeout: patience });
    const start = (program: string, ...args: string[]): void => {
      started.push(spawn(program, [...args, "-f"], { env, stdio: "ignore" }));
    };
    const map = join(folder, "map");
    await run("monmaptool", "--create", "--addv", "a", monitors, "--fsid", cluster, map);
    await run("ceph-mon", "-i", "a", "--mkfs", "--monmap", map);
    start("ceph-mon", "-i", "a");
    await run("ceph", "osd", "new", osd, "0");
    await run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd);
    await run("ceph", "osd", "crush", "add", "osd.0", "1.0", "host=localhost", "root=default");
    start("ceph-osd", "-i", "0");
    await until(async () => (await run("ceph", "osd", "stat")).stdout.includes("1 up"));
    const keys = { accessKeyId: "RGWTESTKEY", secretAccessKey: "rgw/test+secret=key" };
    const admin = (...args: string[]) => run("radosgw-admin", "-n", "client.rgw.a", ...args);
    const secrets = [`--access-key=${keys.accessKeyId}`, `--secret-key=${keys.secretAccessKey}`];
    await admin("user", "create", "--uid=tester", "--display-name=tester", ...secrets);
    if (sessions) await createRole(admin);
    start("radosgw", "-n", "client.rgw.a");
    const endpoint = `http://127.0.0.1:${port}`;
    await until(() => fetch(endpoint).then((response) => response.body?.cancel().then(() => true)));
    return { endpoint, region: "default", keys, close, ...clientOf(endpoint, keys) };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

type Admin = (...args: string[]) => Promise<unknown>;

async function createRole(admin: Admin): Promise<void> {
  const trust = {
    Effect: "Allow",
    Principal: { AWS: ["arn:aws:iam:::user/tester"] },
    Action: ["sts:AssumeRole"],
  };
  const leave = { Effect: "Allow", Action: ["s3:*"], Resource: "arn:aws:s3:::*" };
  const document = (Statement: object): string =>
    JSON.stringify({ Version: "2012-10-17", Statement: [Statement] });
  await admin("caps", "add", "--uid=tester", "--caps=roles=*");
  await admin("role", "create", "--role-name=reader", `--assume-role-policy-doc=${document(trust)}`);
  await admin(
    "role-policy",
    "put",
    "--role-name=reader",
    "--policy-name=read",
    `--policy-doc=${document(leave)}`,
  );
}

function clientOf(
  endpoint: string,
  keys: RadosGw["keys"],
): Pick<RadosGw, "createBucket" | "put" | "assumeRole"> {
  const client = new S3Client({
    endpoint,
    region: "us-east-1",
    credentials: keys,
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
  });
  return {
    async createBucket(Bucket, isPublic, cors) {
      await client.send(new CreateBucketCommand({ Bucket }));
      if (isPublic) {
        const resources = [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`];
        const Action = ["s3:GetObject", "s3:ListBucket"];
        const Statement = [{ Effect: "Allow", Principal: "*", Action, Resource: resources }];
        const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
        await client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
      }
      if (cors === undefined) return;
      const CORSRules = cors.map(({ AllowedOrigins, AllowedMethods, AllowedHeaders, ExposeHeaders }) => ({
        AllowedOrigins: [...AllowedOrigins],
        AllowedMethods: [...AllowedMethods],
        AllowedHeaders: [...(AllowedHeaders ?? [])],
        ExposeHeaders: [...(ExposeHeaders ?? [])],
      }));
      await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
    },
    async put(Bucket, Key, Body) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body }));
    },
    async assumeRole() {
      const sts = new AwsClient({ ...keys, service: "sts", region: "default", retries: 0 });
      const body =
        "Action=AssumeRole&RoleArn=arn:aws:iam:::role/reader&RoleSessionName=tests&Version=2011-06-15";
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      const response = await sts.fetch(`${endpoint}/`, { method: "POST", body, headers });
      const text = await response.text();
      const value = (tag: string): string => {
        const found = new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(text)?.[1];
        if (found === undefined) throw new Error(`AssumeRole answered ${response.status}: ${text}`);
        return found;
      };
      return {
        accessKeyId: value("AccessKeyId"),
        secretAccessKey: value("SecretAccessKey"),
        sessionToken: value("SessionToken"),
        expiration: new Date(value("Expiration")),
      };
    },
  };
}

/** `ms mon client mode=crc` is essential: the gateway otherwise wants cephx, and hangs. */
function configuration(
  folder: string,
  cluster: string,
  monitors: string,
  port: number,
  sessions: boolean,
): string {
  return `[global]
fsid=${cluster}
mon host=${monitors}
mon initial members=a
public addr=127.0.0.1
cluster addr=127.0.0.1
auth cluster required=none
auth service required=none
auth client required=none
ms mon client mode=crc
paxos propose interval=0.02
paxos min wait=0.01
osd pool default size=1
osd pool default min size=1
osd pool default pg num=8
osd pool default pg autoscale mode=off
osd crush chooseleaf type=0
mon allow pool size one=true
run dir=${folder}/run
admin socket=${folder}/run/$name.asok
log file=${folder}/run/$name.log
[mon]
mon data=${folder}/mon
[osd]
osd data=${folder}/osd
osd objectstore=memstore
memstore device bytes=1073741824
[client.rgw.a]
rgw data=${folder}/rgw
rgw frontends=beast endpoint=127.0.0.1:${port}
rgw dns name=s3.localhost
${sessions ? "rgw sts key=abcdefghijklmnop\nrgw s3 auth use sts=true\n" : ""}`;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

async function until(isTrue: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + patience;
  for (;;) {
    if (await isTrue().catch(() => false)) return;
    if (performance.now() > deadline) throw new Error("RadosGW does not start.");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}
