/**
 * @module
 * Runs the corpora that are there and prints what came of it.
 */
import { commitOf, corpora, findCheckout } from "./corpora.js";
import { defectsOf, type Judged, refusalsOf, summaryHead, summaryRow, tableOf } from "./report.js";
import { defects, judge } from "./verdict.js";

export interface RunOptions {
  /** Holds the checkouts, each under its corpus's name. */
  readonly folder: string;
  /** Only these corpora; absent: all. */
  readonly only?: readonly string[];
  /** Takes each piece of the report as it is known. */
  readonly print: (text: string) => void;
}

export interface RunResult {
  readonly cases: number;
  readonly defects: number;
  /** Corpora asked for that are not there. */
  readonly absent: readonly string[];
  /** A table with a row for each corpus. */
  readonly summary: string;
}

/** Runs every case of every corpus found below the folder. */
export async function runConformance({ folder, only, print }: RunOptions): Promise<RunResult> {
  const absent: string[] = [];
  const rows: string[] = [];
  let cases = 0;
  let found = 0;
  for (const { name, repository, cases: casesOf } of corpora) {
    if (only !== undefined && !only.includes(name)) continue;
    const checkout = findCheckout(folder, name);
    if (checkout === undefined) {
      absent.push(name);
      print(`\n!!! ABSENT: ${name}. Nothing of it was checked. Check out ${repository} there first.`);
      continue;
    }
    print(`\n=== ${name}, commit ${commitOf(checkout)}`);
    const judged: Judged[] = [];
    for (const one of await casesOf(checkout)) judged.push({ case: one, verdict: await judge(one) });
    for (const corpus of new Set(judged.map((one) => one.case.corpus))) {
      const ones = judged.filter((one) => one.case.corpus === corpus);
      report(corpus, ones, print);
      rows.push(summaryRow(corpus, commitOf(checkout), ones));
    }
    cases += judged.length;
    found += judged.filter(({ verdict }) => defects.includes(verdict.kind)).length;
  }
  const summary = [summaryHead, ...rows].join("\n");
  print(`\n=== for docs/formats/zarr.md (--write)\n\n${summary}`);
  return { cases, defects: found, absent, summary };
}

function report(corpus: string, judged: readonly Judged[], print: (text: string) => void): void {
  print(`\n${corpus}\n\n${tableOf(judged, "codec")}\n\n${tableOf(judged, "type")}`);
  const refusals = refusalsOf(judged);
  if (refusals.length > 0) print(`\nrefused\n${refusals.join("\n")}`);
  const found = defectsOf(judged);
  if (found.length > 0) print(`\ndefects\n${found.map((line) => `  !! ${line}`).join("\n")}`);
}
