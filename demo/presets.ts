/**
 * @module
 * The sample stores of the embedded S3 server, which `/samples.json` names while it runs.
 */
import { byId, make } from "./dom.js";
import type { Keys, Place, Store } from "./state.js";
import { noKeys } from "./state.js";

export interface Preset {
  readonly id: string;
  readonly title: string;
  readonly bucket: string;
  readonly path: string;
  readonly format: string;
  readonly kind: string;
  readonly credit: string;
  /** Another sample of the same place, and which of its axes has the values of a dimension of this one. */
  readonly beside?: { readonly id: string; readonly ranges: Readonly<Record<string, string>> };
}

export interface Samples {
  readonly endpoint: string;
  readonly region: string;
  readonly buckets: Readonly<Record<string, string>>;
  readonly demoKeys: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly stores: readonly Preset[];
}

/** The samples, or `undefined` where the page is served without them. */
export async function loadSamples(): Promise<Samples | undefined> {
  try {
    const response = await fetch(new URL("samples.json", document.baseURI), { cache: "no-store" });
    return response.ok ? ((await response.json()) as Samples) : undefined;
  } catch {
    return undefined;
  }
}

export function isPrivate(preset: Preset, samples: Samples): boolean {
  return preset.bucket === samples.buckets.private;
}

/** Where a preset is and what opens it. */
export function locatePreset(preset: Preset, samples: Samples): { place: Place; keys: Keys } {
  const { endpoint, region, demoKeys } = samples;
  return {
    place: { url: `s3://${preset.bucket}/${preset.path}`, endpoint, region, signing: "query" },
    keys: isPrivate(preset, samples) ? { ...noKeys, ...demoKeys } : noKeys,
  };
}

/** Fills the list and the cards of the empty picture; both call `choose`. */
export function showPresets(store: Store, choose: (preset: Preset) => void): void {
  const list = byId<HTMLSelectElement>("preset");
  const cards = byId("cards");
  store.on(["samples"], ({ samples }) => {
    const presets = samples?.stores ?? [];
    list.replaceChildren(
      make("option", { value: "" }, presets.length === 0 ? "no samples served here" : "a sample…"),
      ...presets.map((preset) => make("option", { value: preset.id }, describePreset(preset, samples!))),
    );
    cards.replaceChildren(
      ...presets.map((preset) => {
        const card = make(
          "button",
          { type: "button", class: "card" },
          make("strong", {}, preset.title),
          make("span", {}, `${preset.format} · ${preset.kind} · ${bucketWords(preset, samples!)}`),
        );
        card.addEventListener("click", () => choose(preset));
        return card;
      }),
    );
  });
  list.addEventListener("change", () => {
    const preset = store.state.samples?.stores.find(({ id }) => id === list.value);
    if (preset !== undefined) choose(preset);
  });
  store.on(["place", "samples"], ({ place }) => {
    const preset = presetAt(store.state.samples, place);
    list.value = preset?.id ?? "";
    byId("credit").textContent = preset === undefined ? "" : `Data: ${preset.credit}.`;
  });
}

/** The sample that lies at a place. */
export function presetAt(samples: Samples | undefined, place: Place): Preset | undefined {
  if (samples === undefined || place.endpoint !== samples.endpoint) return undefined;
  return samples.stores.find(({ bucket, path }) => place.url === `s3://${bucket}/${path}`);
}

function describePreset(preset: Preset, samples: Samples): string {
  return `${preset.title} (${bucketWords(preset, samples)})`;
}

function bucketWords(preset: Preset, samples: Samples): string {
  return isPrivate(preset, samples) ? "private bucket" : "public bucket";
}
