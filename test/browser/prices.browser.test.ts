/**
 * Prices in a page of another origin, with workers and without, against what the server counts: one store of each format.
 */
import { describe, expect, inject, it } from "vitest";
import { type OpenOptions, open } from "../../src/index.js";
import { createPool } from "../../src/worker/pool.js";
import { placeOfSample, priceQuestions, priceSamples, priceWays } from "../support/price-samples.js";
import type { AskedEntry } from "../support/request-log.js";

const { endpoint } = inject("contractServer");
const logUrl = inject("requestLogUrl");

/** What the server was asked below a place so far. */
async function askedBelow(place: string): Promise<readonly AskedEntry[]> {
  return (await fetch(`${logUrl}below?${place}`)).json();
}

const cases = priceWays.flatMap((way) =>
  priceQuestions.flatMap((question) =>
    Object.entries(priceSamples)
      .filter(([, { bbox }]) => question === "whole" || bbox !== undefined)
      .map(([name, sample]) => ({ way, question, name, sample })),
  ),
);

describe("prices", () => {
  it.each(cases)("$name, $question, fetched in $way", async ({ way, question, name, sample }) => {
    const place = placeOfSample(way, question, name);
    const pool = createPool({ workers: way === "workers" ? 2 : 0, inlineBytes: 0 });
    const options: OpenOptions = { endpoint, region: "us-east-1", credentials: "anonymous", pool };
    const dataset = await open(`s3://prices/${place}`, options);
    const source = [...dataset.sources.values()].find(
      ({ kind, info }) => kind === sample.kind && info.role === "data",
    )!;
    const query = question === "box" ? { bbox: sample.bbox } : {};
    const price = await source.explain(query as never);
    const explained = (await askedBelow(place)).length;
    let told = { requests: 0, bytes: 0 };
    await source.query(query as never, {
      onProgress: ({ requests, bytes }) => {
        told = { requests, bytes };
      },
    });
    dataset.close();
    pool.dispose();
    const queried = (await askedBelow(place)).slice(explained);
    const spent = { requests: queried.length, bytes: queried.reduce((sum, { bytes }) => sum + bytes, 0) };
    const { accuracy, requests, bytes } = price;
    expect({ accuracy, requests, bytes }).toEqual({ accuracy: "exact", ...spent });
    expect(told).toEqual(spent);
    // A page reads so small a container whole when it is opened.
    expect(requests > 0).toBe(name !== "atlas-container");
  });
});
