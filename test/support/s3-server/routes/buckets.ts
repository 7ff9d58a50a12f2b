/**
 * @module Requests on the service and on a bucket: create, look, list, configure, delete.
 */
import { demand, parsePolicy, userOf } from "../access.js";
import { Bucket } from "../bucket.js";
import { corsXml, parseCorsXml } from "../cors.js";
import { S3Error } from "../errors.js";
import { bodyOf, bucketOf, type Exchange, type Reply, refuseOthers, xmlReply } from "../exchange.js";
import { LIST_PARAMETERS, listXml } from "../list.js";
import { readPayload } from "../payload.js";
import { childrenOf, element, parseXml, S3_NAMESPACE, textsOf, XML_HEAD } from "../xml.js";
import { checkPayer } from "./objects.js";

/** The service root: the asker's buckets. */
export function routeService({ req, identity, state }: Exchange): Reply {
  if (req.method !== "GET" && req.method !== "HEAD") throw new S3Error("MethodNotAllowed");
  if (identity.kind === "anonymous") throw new S3Error("AccessDenied");
  const user = userOf(identity.account);
  const buckets = [...state.buckets.values()]
    .filter(({ owner }) => owner === user)
    .map(
      ({ name, created }) =>
        `<Bucket>${element("Name", name)}${element("CreationDate", created.toISOString())}</Bucket>`,
    )
    .join("");
  return xmlReply(
    `${XML_HEAD}<ListAllMyBucketsResult xmlns="${S3_NAMESPACE}"><Owner>${element("ID", user)}</Owner><Buckets>${buckets}</Buckets></ListAllMyBucketsResult>`,
  );
}

export async function routeBucket(exchange: Exchange): Promise<Reply> {
  const { req, target, identity } = exchange;
  const method = req.method ?? "";
  if (method === "PUT" && !target.query.has("cors") && !target.query.has("policy"))
    return createBucket(exchange);
  const bucket = bucketOf(exchange);
  const place = { "x-amz-bucket-region": bucket.region };
  if (method === "HEAD") {
    demand(identity, "s3:ListBucket", bucket, "");
    return { status: 200, headers: { ...place, ...checkPayer(exchange, bucket) } };
  }
  if (target.query.has("cors")) return routeCors(exchange, bucket);
  if (target.query.has("policy")) return routePolicy(exchange, bucket);
  if (target.query.has("delete") && method === "POST") return deleteMany(exchange, bucket);
  if (target.query.has("location") && method === "GET") {
    demand(identity, "s3:Admin", bucket, "");
    const text = bucket.region === "us-east-1" ? "" : bucket.region;
    return xmlReply(`${XML_HEAD}<LocationConstraint xmlns="${S3_NAMESPACE}">${text}</LocationConstraint>`);
  }
  if (method === "GET") {
    refuseOthers(exchange, LIST_PARAMETERS);
    demand(identity, "s3:ListBucket", bucket, target.query.get("prefix") ?? "");
    const charged = checkPayer(exchange, bucket);
    exchange.state.counters.LIST++;
    return xmlReply(await listXml(bucket, target.query, exchange.state), { ...place, ...charged });
  }
  if (method === "DELETE") {
    refuseOthers(exchange, []);
    demand(identity, "s3:Admin", bucket, "");
    if ((await bucket.sortedKeys()).length > 0) throw new S3Error("BucketNotEmpty");
    exchange.state.buckets.delete(bucket.name);
    return { status: 204 };
  }
  throw new S3Error("MethodNotAllowed", undefined, { fields: { Method: method, ResourceType: "BUCKET" } });
}

async function createBucket(exchange: Exchange): Promise<Reply> {
  const { state, identity, target } = exchange;
  refuseOthers(exchange, []);
  if (identity.kind === "anonymous") throw new S3Error("AccessDenied");
  const { bytes } = await readPayload(exchange);
  const name = target.bucket ?? "";
  const owner = userOf(identity.account);
  const existing = state.buckets.get(name);
  if (existing)
    throw new S3Error(existing.owner === owner ? "BucketAlreadyOwnedByYou" : "BucketAlreadyExists");
  checkBucketName(name);
  const root = bytes.length > 0 ? parseXml(bytes.toString()) : undefined;
  if (bytes.length > 0 && root?.name !== "CreateBucketConfiguration") throw new S3Error("MalformedXML");
  const region = (root && textsOf(root, "LocationConstraint")[0]) || state.region;
  state.buckets.set(name, new Bucket(name, new Date(state.now()), { owner, region }));
  return { status: 200, headers: { Location: `/${name}` } };
}

/** @throws S3Error `InvalidBucketName` */
export function checkBucketName(name: string): void {
  const labels = name.split(".").every((label) => /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label));
  if (name.length < 3 || name.length > 63 || !labels || /^\d+(\.\d+){3}$/.test(name)) {
    throw new S3Error("InvalidBucketName", undefined, { fields: { BucketName: name } });
  }
}

async function routeCors(exchange: Exchange, bucket: Bucket): Promise<Reply> {
  demand(exchange.identity, "s3:Admin", bucket, "");
  switch (exchange.req.method) {
    case "GET":
      if (bucket.cors.length === 0) throw new S3Error("NoSuchCORSConfiguration");
      return xmlReply(corsXml(bucket.cors));
    case "PUT":
      bucket.cors = parseCorsXml((await readPayload(exchange)).bytes.toString());
      return { status: 200 };
    case "DELETE":
      bucket.cors = [];
      return { status: 204 };
  }
  throw new S3Error("MethodNotAllowed");
}

async function routePolicy(exchange: Exchange, bucket: Bucket): Promise<Reply> {
  demand(exchange.identity, "s3:Admin", bucket, "");
  switch (exchange.req.method) {
    case "GET":
      if (bucket.policy === undefined) throw new S3Error("NoSuchBucketPolicy");
      return {
        status: 200,
        headers: { "Content-Type": "application/json" },
        body: bodyOf(Buffer.from(bucket.policy)),
      };
    case "PUT": {
      const text = (await readPayload(exchange)).bytes.toString();
      Object.assign(bucket, parsePolicy(text, bucket.name));
      bucket.policy = text;
      return { status: 204 };
    }
    case "DELETE":
      bucket.policy = undefined;
      bucket.publicRead = false;
      bucket.publicList = false;
      return { status: 204 };
  }
  throw new S3Error("MethodNotAllowed");
}

async function deleteMany(exchange: Exchange, bucket: Bucket): Promise<Reply> {
  demand(exchange.identity, "s3:DeleteObject", bucket, "");
  const root = parseXml((await readPayload(exchange)).bytes.toString());
  if (root?.name !== "Delete") throw new S3Error("MalformedXML");
  const keys = childrenOf(root, "Object").flatMap((node) => textsOf(node, "Key"));
  for (const key of keys) bucket.delete(key);
  const done = keys.map((key) => `<Deleted>${element("Key", key)}</Deleted>`).join("");
  return xmlReply(`${XML_HEAD}<DeleteResult xmlns="${S3_NAMESPACE}">${done}</DeleteResult>`);
}
