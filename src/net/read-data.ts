/**
 * The bodies of good answers: which range came, whether all of it came, what is kept of one that broke off
 * (the table of docs/design/object-storage.md §5).
 *
 * @module
 */
import type { RangeQuery } from "../core/plan.js";
import type { Answer, Salvage } from "./answer.js";
import type { OnArrived } from "./arrivals.js";
import { bodyAnswer, type Into, type Tag, watched, wholeLimits } from "./body-answer.js";
import type { BodyMemory } from "./read-body.js";
import type { RemoteRead } from "./remote-read.js";
import { cancelBody, contentLength, isEncoded, orCancel, strongEtag } from "./response.js";
import type { RequestTimer } from "./timer.js";

/** Of a longer body that breaks off, what came is kept. */
const salvageAboveBytes = 8 * 1024 * 1024;

/** Reads the body of a 200 or 206, as far as it is what was asked for; cancels it otherwise. */
export async function readData(
  read: RemoteRead,
  response: Response,
  timer: RequestTimer,
  memory?: BodyMemory,
  onArrived?: OnArrived,
): Promise<Answer> {
  const etag = strongEtag(response);
  const tag = etag === undefined ? {} : { etag };
  if (read.method === "HEAD") {
    await cancelBody(response);
    const size = contentLength(response);
    return size === undefined ? { kind: "head", ...tag } : { kind: "head", size, ...tag };
  }
  const into: Into = { memory, onArrived };
  if (read.range === undefined) return readWhole(read, response, timer, tag, into);
  if (response.status === 200 || isEncoded(response)) {
    const { readIgnoredRange } = await orCancel(response, import("./read-rangeless.js"));
    return readIgnoredRange(read.range, response, timer, tag);
  }
  return readPart(read, read.range, response, timer, tag, into);
}

/** A whole object. A decoded body tells nothing about the size of what is stored. */
async function readWhole(
  read: RemoteRead,
  response: Response,
  timer: RequestTimer,
  tag: Tag,
  into: Into,
): Promise<Answer> {
  if (read.maxBytes !== undefined) {
    const { readCapped } = await orCancel(response, import("./read-rangeless.js"));
    return readCapped(read.maxBytes, response, timer, tag);
  }
  const size = contentLength(response);
  const more = size === undefined ? tag : { size, ...tag };
  return bodyAnswer(
    response,
    timer,
    { ...wholeLimits(response), ...watched(into, more) },
    (bytes) => (bytes.length === size ? more : tag),
    salvageOf(0, size, size, tag),
  );
}

async function readPart(
  read: RemoteRead,
  range: RangeQuery,
  response: Response,
  timer: RequestTimer,
  tag: Tag,
  into: Into,
): Promise<Answer> {
  const header = response.headers.get("content-range");
  const told = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header ?? "");
  if (told === null) {
    const { readUntoldPart } = await orCancel(response, import("./read-rangeless.js"));
    return readUntoldPart(read, range, response, timer, tag, into);
  }
  const [start, end] = [Number(told[1]), Number(told[2])];
  const size = told[3] === "*" ? undefined : Number(told[3]);
  const fits =
    "suffixLength" in range
      ? size !== undefined && end === size - 1 && end - start + 1 === Math.min(range.suffixLength, size)
      : start === range.offset &&
        (end === range.offset + range.length - 1 ||
          (size !== undefined && end === size - 1 && end < range.offset + range.length));
  if (!fits) {
    const { refuseOtherRange } = await orCancel(response, import("./read-rangeless.js"));
    return refuseOtherRange(range, response);
  }
  const length = end - start + 1;
  const more = size === undefined ? tag : { size, ...tag };
  return bodyAnswer(
    response,
    timer,
    { maxBytes: length, exactBytes: length, ...watched(into, more) },
    () => more,
    salvageOf(start, length, size, tag),
  );
}

/** Where what comes of a body lies in which version of the object; `undefined` where that is not known, or not worth it. */
function salvageOf(
  offset: number,
  length: number | undefined,
  size: number | undefined,
  { etag }: Tag,
): Omit<Salvage, "bytes"> | undefined {
  if (length === undefined || size === undefined || etag === undefined) return undefined;
  return length > salvageAboveBytes ? { offset, size, etag } : undefined;
}
