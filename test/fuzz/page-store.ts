/**
 * @module Objects as a page of another origin has them: no header may be read but the safelisted ones, bodies come in pieces and may be
 * given up, and the bucket lists, or refuses to.
 */
import type { OpenOptions } from "../../src/index.js";
import type { Random } from "../unit/kernel/codec-cases.js";
import { mutate } from "./mutate.js";

export interface PageStore {
  readonly address: string;
  readonly options: OpenOptions;
}

/** How often each way to read was taken. */
export type WayCounts = Record<"whole" | "given up" | "range" | "size" | "listed" | "refused", number>;

export function noWays(): WayCounts {
  return { whole: 0, "given up": 0, range: 0, size: 0, listed: 0, refused: 0 };
}

const pieceBytes = 64 * 1024;
/** Of an object whose end is damaged, as the index lies there. */
const endBytes = 4096;

/** Makes code believe that it runs in a browser, where the rules of pages hold. */
export function asPage(): () => void {
  const scope = globalThis as { WorkerGlobalScope?: unknown };
  scope.WorkerGlobalScope = class {};
  return () => {
    delete scope.WorkerGlobalScope;
  };
}

/** Damage to a long file mostly hits its index. */
export function damageLong(file: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  if (file.length <= 16 * endBytes || random.below(4) === 0) return mutate(file, other, random);
  const cut = file.length - endBytes;
  return new Uint8Array(Buffer.concat([file.subarray(0, cut), mutate(file.subarray(cut), other, random)]));
}

/** @param listed lengths that a listing tells, which may be old; absent: it is refused */
export function pageStore(
  objects: ReadonlyMap<string, Uint8Array>,
  listed: ReadonlyMap<string, Uint8Array> | undefined,
  ways: WayCounts,
): PageStore {
  const answer = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    const request = new Request(url, init);
    if (url.searchParams.has("list-type")) {
      ways[listed === undefined ? "refused" : "listed"]++;
      return listed === undefined ? refuse() : list(listed, url.searchParams.get("prefix")!);
    }
    const bytes = objects.get(decodeURIComponent(url.pathname.slice("/bucket".length)));
    if (bytes === undefined) return new Response(undefined, { status: 404 });
    if (request.method === "HEAD") {
      ways.size++;
      return new Response(undefined, { headers: { "Content-Length": String(bytes.length) } });
    }
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "") ?? [];
    if (first === undefined)
      return respond(
        bytes,
        200,
        () => ways["given up"]++,
        () => ways.whole++,
      );
    ways.range++;
    if (Number(first) >= bytes.length) return new Response(undefined, { status: 416 });
    return respond(bytes.subarray(Number(first), Number(last) + 1), 206);
  };
  return { address: "s3+http://127.0.0.1:9/bucket", options: { fetch: answer as typeof fetch } };
}

function respond(bytes: Uint8Array, status: number, givenUp = (): void => {}, whole = givenUp): Response {
  let at = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        controller.enqueue(bytes.slice(at, at + pieceBytes));
        at += pieceBytes;
        if (at < bytes.length) return;
        whole();
        controller.close();
      },
      cancel: givenUp,
    },
    { highWaterMark: 0 },
  );
  const headers = { "Content-Length": String(bytes.length) };
  return new Response(bytes.length === 0 ? undefined : body, { status, headers });
}

function refuse(): Response {
  return new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 });
}

function list(objects: ReadonlyMap<string, Uint8Array>, prefix: string): Response {
  const found = [...objects].filter(([key]) => key.startsWith(`/${prefix}`));
  const contents = found.map(
    ([key, { length }]) =>
      `<Contents><Key>${key.slice(1).split("/").map(encodeURIComponent).join("/")}</Key><Size>${length}</Size></Contents>`,
  );
  const text = `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>${contents.join("")}</ListBucketResult>`;
  return new Response(text);
}
