/**
 * `cloudcrop/store/aws-sdk`: a store over an `S3Client` of `@aws-sdk/client-s3`, an optional peer, for those who have one
 * set up: its credentials, middleware, retries and endpoint are used, and none of ours.
 *
 * @module
 */
import type { GetObjectCommandOutput, S3Client } from "@aws-sdk/client-s3";
import { raceAbort } from "../core/abort.js";
import { isReaderError, ReaderError } from "../core/error.js";
import type { AbsolutePath, RangeQuery } from "../core/plan.js";
import { explainSdkError, statusOf } from "./aws-sdk-errors.js";
import { encodeKey } from "./keys.js";
import { ObjectFacts } from "./object-facts.js";
import { boundRange, copyRange } from "./read-range.js";
import type { ListableStore, ReadOptions } from "./types.js";

export interface AwsSdkStoreOptions {
  readonly bucket: string;
  /** Below the bucket, without slashes at its ends. Default: the bucket itself. */
  readonly prefix?: string | undefined;
  readonly requesterPays?: boolean | undefined;
  /** Account that must own the bucket, twelve digits. */
  readonly expectedBucketOwner?: string | undefined;
}

type Sdk = typeof import("@aws-sdk/client-s3");
type Output = Pick<
  GetObjectCommandOutput,
  "Body" | "ContentEncoding" | "ContentLength" | "ContentRange" | "ETag" | "$metadata"
>;

/** Reads below one prefix of one bucket by a client of the user's. The client stays the user's to destroy. */
export class AwsSdkStore implements ListableStore {
  readonly handsOver = true;
  readonly meters = true;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #common: { RequestPayer?: "requester"; ExpectedBucketOwner?: string };
  readonly #facts = new ObjectFacts();
  #sdk: Promise<Sdk> | undefined;

  constructor(client: S3Client, options: AwsSdkStoreOptions) {
    const { bucket, prefix = "", requesterPays, expectedBucketOwner } = options;
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix === "" ? "" : `${prefix.replace(/\/$/, "")}/`;
    this.#common = {
      ...(requesterPays ? { RequestPayer: "requester" } : {}),
      ...(expectedBucketOwner === undefined ? {} : { ExpectedBucketOwner: expectedBucketOwner }),
    };
  }

  get url(): string {
    return `s3://${this.#bucket}/${this.#prefix}`.replace(/\/$/, "");
  }

  /** @throws ReaderError with the storage codes of docs/design/api.md §4 */
  get(key: AbsolutePath, options: ReadOptions = {}): Promise<Uint8Array | undefined> {
    return this.#read(key, undefined, options);
  }

  /** @throws ReaderError with the storage codes of docs/design/api.md §4 */
  async getRange(
    key: AbsolutePath,
    range: RangeQuery,
    options: ReadOptions = {},
  ): Promise<Uint8Array | undefined> {
    options.signal?.throwIfAborted();
    if (("suffixLength" in range ? range.suffixLength : range.length) === 0) return new Uint8Array(0);
    return this.#read(key, range, options);
  }

  /** Size of an object in bytes; `undefined` when there is none. */
  async size(key: AbsolutePath, options: ReadOptions = {}): Promise<number | undefined> {
    const known = this.#facts.sizeOf(key);
    if (known !== undefined) return known;
    const { HeadObjectCommand } = await this.#load();
    const command = new HeadObjectCommand(this.#input(key));
    const output = await this.#ask("HEAD", key, options, (abortSignal) =>
      this.#client.send(command, { abortSignal }),
    );
    if (output === undefined) return undefined;
    this.#check(key, output, output.ContentLength);
    return output.ContentLength;
  }

  /** Every key below a prefix, with sizes; `prefix` ends with a slash for a folder. */
  async *list(
    prefix: AbsolutePath,
    options: ReadOptions = {},
  ): AsyncIterable<{ key: AbsolutePath; size?: number }> {
    const { ListObjectsV2Command } = await this.#load();
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        ...this.#common,
        Bucket: this.#bucket,
        Prefix: this.#prefix + prefix.slice(1),
        ContinuationToken: token,
      });
      const page = await this.#ask("LIST", prefix, options, (abortSignal) =>
        this.#client.send(command, { abortSignal }),
      );
      if (page === undefined) {
        throw new ReaderError("not-found", `Bucket ${this.#bucket} does not exist.`, {
          detail: { key: prefix },
        });
      }
      for (const { Key, Size } of page.Contents ?? []) {
        if (Key === undefined) continue;
        const key: AbsolutePath = `/${Key.slice(this.#prefix.length)}`;
        yield Size === undefined ? { key } : { key, size: Size };
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  /** The package is the user's own; it is loaded with the first read. */
  #load(): Promise<Sdk> {
    this.#sdk ??= import("@aws-sdk/client-s3");
    return this.#sdk;
  }

  #input(key: AbsolutePath): { Bucket: string; Key: string; RequestPayer?: "requester" } {
    const name = this.#prefix + key.slice(1);
    encodeKey(name);
    return { ...this.#common, Bucket: this.#bucket, Key: name };
  }

  async #read(
    key: AbsolutePath,
    range: RangeQuery | undefined,
    options: ReadOptions,
  ): Promise<Uint8Array | undefined> {
    const { GetObjectCommand } = await this.#load();
    const command = new GetObjectCommand({
      ...this.#input(key),
      ...(range === undefined ? {} : { Range: rangeText(range) }),
    });
    let got: { output: Output; bytes: Uint8Array } | undefined;
    try {
      got = await this.#ask("GET", key, options, async (abortSignal) => {
        const output: Output = await this.#client.send(command, { abortSignal });
        return { output, bytes: await readBody(output, key, abortSignal) };
      });
    } catch (thrown) {
      if (range !== undefined && isReaderError(thrown) && thrown.detail.status === 416) {
        return this.#pastEnd(key, range, options);
      }
      throw thrown;
    }
    if (got === undefined) return undefined;
    const { output, bytes } = got;
    options.meter?.count(0, bytes.length);
    if (range === undefined) {
      this.#check(key, output, bytes.length);
      return bytes;
    }
    if (output.$metadata.httpStatusCode !== 206) {
      this.#check(key, output, bytes.length);
      return copyRange(bytes, range);
    }
    return this.#checkPart(key, range, output, bytes, options);
  }

  /** The part must be the one asked for, and shorter only where the object ends. */
  async #checkPart(
    key: AbsolutePath,
    range: RangeQuery,
    output: Output,
    bytes: Uint8Array,
    options: ReadOptions,
  ): Promise<Uint8Array | undefined> {
    const told = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(output.ContentRange ?? "");
    this.#check(key, output, told === null ? undefined : Number(told[3]));
    const wanted = "suffixLength" in range ? range.suffixLength : range.length;
    if (told === null && bytes.length === wanted) return bytes;
    // In a page the header may be hidden; then the object's size decides.
    const size = told === null ? await this.size(key, options) : Number(told[3]);
    if (size === undefined) return undefined;
    const { offset, length } = boundRange(range, size);
    if (bytes.length === length && (told === null || Number(told[1]) === offset)) return bytes;
    throw new ReaderError(
      "corrupt",
      `${key}: another range came than ${rangeText(range)} of ${size} bytes.`,
      {
        detail: { key, status: 206 },
      },
    );
  }

  async #pastEnd(
    key: AbsolutePath,
    range: RangeQuery,
    options: ReadOptions,
  ): Promise<Uint8Array | undefined> {
    const size = await this.size(key, options);
    if (size === undefined) return undefined;
    if (boundRange(range, size).length === 0) return new Uint8Array(0);
    throw new ReaderError("corrupt", `A range within ${key} (${size} bytes) is refused.`, {
      detail: { key },
    });
  }

  /** Parts of two versions of an object must not be mixed. */
  #check(key: AbsolutePath, { ETag }: Pick<Output, "ETag">, size: number | undefined): void {
    const told = { ...(ETag === undefined ? {} : { etag: ETag }), ...(size === undefined ? {} : { size }) };
    if (this.#facts.agrees(key, told)) return;
    throw new ReaderError("changed", `${key} in bucket ${this.#bucket} changed while it was read.`, {
      hint: "Run the query again.",
      detail: { key },
    });
  }

  /** One call of the client: absent is `undefined`, an abort is the caller's reason at once, the rest is explained. */
  async #ask<T>(
    op: string,
    key: AbsolutePath,
    { signal, meter }: ReadOptions,
    send: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    signal?.throwIfAborted();
    meter?.count(1, 0);
    try {
      return await raceAbort(send(signal ?? new AbortController().signal), signal);
    } catch (thrown) {
      signal?.throwIfAborted();
      const name = String((thrown as { name?: unknown } | undefined)?.name);
      if (statusOf(thrown) === 404 && absentNames.test(name)) return undefined;
      throw explainSdkError(thrown, { op, key, bucket: this.#bucket });
    }
  }
}

/**
 * What the client calls a 404 that speaks of the object, or that says nothing. Another one speaks of the bucket or of what
 * stands in front of it: taken for an absent chunk, it would become fill values.
 */
const absentNames = /^(NoSuch(Key|Version)|NotFound|UnknownError|Error)$/;

function rangeText(range: RangeQuery): string {
  return "suffixLength" in range
    ? `bytes=-${range.suffixLength}`
    : `bytes=${range.offset}-${range.offset + range.length - 1}`;
}

/** Nobody else's bytes: the SDK's may lie in a buffer that others share. */
async function readBody(
  { Body, ContentEncoding, ContentLength }: Output,
  key: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  // Once the headers are there the client no longer listens to the signal in Node.
  const stop = (): void => {
    if (Body !== undefined && "destroy" in Body) Body.destroy();
  };
  signal.addEventListener("abort", stop, { once: true });
  if (ContentEncoding !== undefined && !/^(identity|aws-chunked)?$/.test(ContentEncoding)) {
    stop();
    throw new ReaderError("unsupported", `${key} is stored with Content-Encoding ${ContentEncoding}.`, {
      hint: "Store it as it is, or read it by an s3: address.",
    });
  }
  const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array(0);
  signal.removeEventListener("abort", stop);
  if (ContentLength !== undefined && bytes.length !== ContentLength) {
    throw new ReaderError("short-body", `${bytes.length} of ${ContentLength} bytes came for ${key}.`, {
      detail: { key, retryable: true },
    });
  }
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
