/**
 * @module Multipart uploads: start, put parts, complete or abort.
 */
import { createHash, randomUUID } from "node:crypto";
import type { Bucket, Upload } from "../bucket.js";
import { S3Error } from "../errors.js";
import { type Exchange, type Reply, xmlReply } from "../exchange.js";
import { readPayload } from "../payload.js";
import { checkWriteConditions } from "../ranges.js";
import { childrenOf, element, parseXml, S3_NAMESPACE, textsOf, XML_HEAD } from "../xml.js";

export function startUpload({ target }: Exchange, bucket: Bucket, headers: Record<string, string>): Reply {
  const id = randomUUID();
  bucket.uploads.set(id, { key: target.key, headers, parts: new Map() });
  return xmlReply(
    `${XML_HEAD}<InitiateMultipartUploadResult xmlns="${S3_NAMESPACE}">${element("Bucket", bucket.name)}${element("Key", target.key)}${element("UploadId", id)}</InitiateMultipartUploadResult>`,
  );
}

export async function putPart(exchange: Exchange, bucket: Bucket): Promise<Reply> {
  const upload = uploadOf(exchange, bucket);
  const number = Number(exchange.target.query.get("partNumber"));
  if (!Number.isInteger(number) || number < 1 || number > 10_000) {
    throw new S3Error("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive");
  }
  const { bytes, checksum } = await readPayload(exchange);
  const etag = `"${createHash("md5").update(bytes).digest("hex")}"`;
  upload.parts.set(number, { bytes, etag });
  return { status: 200, headers: { ETag: etag, ...(checksum ? { [checksum.name]: checksum.value } : {}) } };
}

export async function completeUpload(exchange: Exchange, bucket: Bucket): Promise<Reply> {
  const { target, state, req } = exchange;
  const upload = uploadOf(exchange, bucket);
  const { bytes } = await readPayload(exchange);
  const root = parseXml(bytes.toString());
  if (root?.name !== "CompleteMultipartUpload" || root.children.length === 0)
    throw new S3Error("MalformedXML");
  const hash = createHash("md5");
  const pieces: Buffer[] = [];
  let previous = 0;
  const parts = childrenOf(root, "Part");
  for (const [index, node] of parts.entries()) {
    const number = Number(textsOf(node, "PartNumber")[0]);
    const part = upload.parts.get(number);
    if (!part || unquote(textsOf(node, "ETag")[0] ?? "") !== unquote(part.etag)) {
      throw new S3Error("InvalidPart", undefined, { fields: { PartNumber: number } });
    }
    if (number <= previous) throw new S3Error("InvalidPartOrder");
    if (index < parts.length - 1 && part.bytes.length < state.minPartBytes) {
      throw new S3Error("EntityTooSmall", undefined, {
        fields: { PartNumber: number, ProposedSize: part.bytes.length },
      });
    }
    previous = number;
    pieces.push(part.bytes);
    hash.update(Buffer.from(unquote(part.etag), "hex"));
  }
  checkWriteConditions(req.headers, await bucket.find(target.key), target.key);
  const object = bucket.put(target.key, Buffer.concat(pieces), {
    headers: upload.headers,
    etag: `"${hash.digest("hex")}-${parts.length}"`,
    lastModified: new Date(state.now()),
  });
  bucket.uploads.delete(target.query.get("uploadId") ?? "");
  return xmlReply(
    `${XML_HEAD}<CompleteMultipartUploadResult xmlns="${S3_NAMESPACE}">${element("Bucket", bucket.name)}${element("Key", target.key)}${element("ETag", object.etag)}</CompleteMultipartUploadResult>`,
  );
}

export function abortUpload(exchange: Exchange, bucket: Bucket): Reply {
  uploadOf(exchange, bucket);
  bucket.uploads.delete(exchange.target.query.get("uploadId") ?? "");
  return { status: 204 };
}

function uploadOf({ target }: Exchange, bucket: Bucket): Upload {
  const id = target.query.get("uploadId") ?? "";
  const upload = bucket.uploads.get(id);
  if (upload?.key !== target.key) throw new S3Error("NoSuchUpload", undefined, { fields: { UploadId: id } });
  return upload;
}

function unquote(etag: string): string {
  return etag.replaceAll('"', "");
}
