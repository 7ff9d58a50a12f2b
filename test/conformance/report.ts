/**
 * @module
 * What a run found, as text: a table, refusals by reason, and every defect.
 */
import { type Case, defects, type Kind, type Verdict } from "./verdict.js";

export interface Judged {
  readonly case: Case;
  readonly verdict: Verdict;
}

const columns: readonly (readonly [Kind, string])[] = [
  ["read", "read"],
  ["unchecked", "unchecked"],
  ["refused", "refused"],
  ["blamed", "BLAMED"],
  ["wrong", "WRONG"],
  ["untyped", "UNTYPED"],
];

/** Rows of a corpus by codec or by type, a sum below. */
export function tableOf(judged: readonly Judged[], by: "codec" | "type"): string {
  const groups = groupBy(judged, (one) => one.case[by]);
  const rows = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  const body = [...rows, ["sum", judged] as const].map(([name, ones]) => [
    name,
    String(ones.length),
    ...columns.map(([kind]) => String(ones.filter(({ verdict }) => verdict.kind === kind).length || "·")),
  ]);
  const head = [by, "cases", ...columns.map(([, title]) => title)];
  const widths = head.map((_, at) => Math.max(...[head, ...body].map((row) => row[at]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join("  ");
  return [head, ...body].map(line).join("\n");
}

/** A row for `docs/formats/zarr.md`. */
export function summaryRow(corpus: string, commit: string, judged: readonly Judged[]): string {
  const counts = columns.map(([kind]) => judged.filter(({ verdict }) => verdict.kind === kind).length);
  return `| ${[corpus, commit.slice(0, 8), judged.length, ...counts].join(" | ")} |`;
}

/** The head of those rows. */
export const summaryHead: string = [
  `| corpus | commit | cases | ${columns.map(([kind]) => kind).join(" | ")} |`,
  `|${"---|".repeat(3 + columns.length)}`,
].join("\n");

/**
 * A document with a new table between its marks.
 *
 * @param notes lines below the table
 * @throws Error when the marks are not there
 */
export function withSummary(document: string, summary: string, notes: readonly string[]): string {
  const [before, rest, ...more] = document.split(summaryBegin);
  const after = rest?.split(summaryEnd)[1];
  if (after === undefined || more.length > 0)
    throw new Error(`The document lacks ${summaryBegin} and ${summaryEnd}.`);
  return [
    before,
    summaryBegin,
    "\n",
    [...notes.slice(0, 1), summary, ...notes.slice(1)].join("\n\n"),
    "\n",
    summaryEnd,
    after,
  ].join("");
}

const summaryBegin = "<!-- conformance: written by test/conformance/run.mjs --write -->";
const summaryEnd = "<!-- conformance: end -->";

/** How often each reason was given for refusing, most frequent first. */
export function refusalsOf(judged: readonly Judged[]): string[] {
  const refused = judged.filter(({ verdict }) => verdict.kind === "refused");
  const reasons = [...groupBy(refused, ({ verdict }) => verdict.reason)];
  return reasons
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([reason, ones]) => `${String(ones.length).padStart(6)}  ${reason}`);
}

/** One line for each defect. */
export function defectsOf(judged: readonly Judged[]): string[] {
  return judged
    .filter(({ verdict }) => defects.includes(verdict.kind))
    .map(
      ({ case: { name, type }, verdict }) =>
        `${verdict.kind.toUpperCase()} ${name} (${type}): ${verdict.reason}`,
    );
}

function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    groups.set(key, [...(groups.get(key) ?? []), value]);
  }
  return groups;
}
