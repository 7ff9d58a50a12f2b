/**
 * What is learnt of a line from answers.
 */
import { describe, expect, it } from "vitest";
import { LineWatch } from "../../../src/worker/line-watch.js";

const mib = 1024 * 1024;
const near = "https://near.example";
const far = "https://far.example";

function watched(origin: string, answers: readonly { waitMs: number; comingMs: number; bytes: number }[]) {
  const line = new LineWatch();
  for (const answer of answers) line.note(origin, answer);
  return line;
}

describe("the line that answers tell of", () => {
  it("is unknown before four bodies of 64 KiB and more", () => {
    const body = { waitMs: 40, comingMs: 10, bytes: mib };
    expect(watched(near, [body, body, body]).roundTripBytes).toBeUndefined();
    expect(watched(near, Array(8).fill({ ...body, bytes: 1000 })).roundTripBytes).toBeUndefined();
    expect(watched(near, Array(4).fill(body)).roundTripBytes).toBe(4 * mib);
  });

  it("is the median speed for the shortest wait: others stood in line for a socket", () => {
    const answers = [
      { waitMs: 80, comingMs: 10, bytes: mib },
      { waitMs: 40, comingMs: 1000, bytes: mib },
      { waitMs: 75, comingMs: 10, bytes: mib },
      { waitMs: 90, comingMs: 1, bytes: mib },
      { waitMs: 75, comingMs: 10, bytes: mib },
    ];
    expect(watched(near, answers).roundTripBytes).toBe(4 * mib);
  });

  it("follows the latest 32 answers", () => {
    const line = watched(near, Array(32).fill({ waitMs: 40, comingMs: 10, bytes: mib }));
    for (let answer = 0; answer < 32; answer++) line.note(near, { waitMs: 40, comingMs: 100, bytes: mib });
    expect(line.roundTripBytes).toBeCloseTo(0.4 * mib);
  });

  it("is the slowest of those a pool reads from", () => {
    const line = watched(near, Array(8).fill({ waitMs: 40, comingMs: 10, bytes: mib }));
    for (let answer = 0; answer < 4; answer++) line.note(far, { waitMs: 100, comingMs: 1000, bytes: mib });
    expect(line.roundTripBytes).toBeCloseTo(0.1 * mib);
  });
});
