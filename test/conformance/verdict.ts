/**
 * @module
 * One thing of a corpus to read, and what became of it. Corpora hold sound data, so an error that blames the data is a defect here as much
 * as a wrong value; only "this codec, this type is not known" is an answer.
 */
import { isReaderError } from "../../src/core/error.js";

/** What a comparison says: equal to the bit, nothing known to compare with, or how it differs. */
export type Comparison = "equal" | "unchecked" | { readonly difference: string };

export interface Case {
  readonly corpus: string;
  readonly codec: string;
  readonly type: string;
  /** Tells it from all others of the corpus: a path as a rule. */
  readonly name: string;
  readonly run: () => Promise<Comparison>;
}

/**
 * `read`: as expected. `unchecked`: read, but nobody knows what to expect. `refused`: by the name of what is not supported.
 * `blamed`: a typed error that calls sound data damaged or invalid. `wrong`: other values than those stored.
 * `untyped`: an error that is none of the library's.
 */
export type Kind = "read" | "unchecked" | "refused" | "blamed" | "wrong" | "untyped";

export interface Verdict {
  readonly kind: Kind;
  /** Why, for all but `read` and `unchecked`. Of a refusal without its place, so that equal ones can be counted. */
  readonly reason: string;
}

/** What must not happen with sound data. */
export const defects: readonly Kind[] = ["blamed", "wrong", "untyped"];

/** Runs a case to its verdict; never throws. */
export async function judge({ run }: Case): Promise<Verdict> {
  try {
    const comparison = await run();
    return typeof comparison === "string"
      ? { kind: comparison === "equal" ? "read" : "unchecked", reason: "" }
      : { kind: "wrong", reason: comparison.difference };
  } catch (thrown) {
    return judgeError(thrown);
  }
}

function judgeError(thrown: unknown): Verdict {
  if (!isReaderError(thrown)) {
    return {
      kind: "untyped",
      reason: thrown instanceof Error ? (thrown.stack ?? String(thrown)) : String(thrown),
    };
  }
  const { code, detail, hint, message } = thrown;
  if (code === "unknown-codec") return { kind: "refused", reason: `${code}: ${detail.codec}` };
  if (code !== "unsupported") return { kind: "blamed", reason: message };
  const tail = hint === undefined ? 0 : hint.length + 1;
  const place = detail.key === undefined ? "" : `${detail.key}: `;
  const reason = message.slice(0, message.length - tail).replace(place, "");
  return { kind: "refused", reason };
}
