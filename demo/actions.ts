/**
 * @module
 * What the page does: opens a place, prices a question, runs it, stops it.
 */
import {
  diagnose,
  type ErrorCode,
  isReaderError,
  type OpenOptions,
  open,
  type QueryOptions,
  type Timeline,
} from "cloudcrop";
import { debounce } from "./dom.js";
import { type Gather, gatherGrid, gatherPoints } from "./gather.js";
import { firstDraft, queryOf } from "./query.js";
import { describeScene } from "./scene.js";
import type { Shared } from "./share.js";
import { type Keys, localOf, type Place, type Run, type State, type Store } from "./state.js";
import { gatherVertices } from "./vertices.js";

/** A first look is taken unasked when it costs no more than this. */
const firstLook = { bytes: 4_000_000, requests: 400 };
/** The picture is redrawn with what has landed at most this often, and takes at most a quarter of the time. */
const redrawMs = 120;

/** Errors of the place, which the doctor can say more about; those of the data are clear by themselves. */
const ofThePlace: ReadonlySet<ErrorCode> = new Set([
  "config",
  "unsupported",
  "not-found",
  "forbidden",
  "expired",
  "clock",
  "region",
  "network",
  "cors",
  "timeout",
  "range-unsupported",
  "unknown-format",
]);

type Wanted = Pick<Shared, "source" | "draft" | "colourBy">;

export class Actions {
  readonly #store: Store;
  #expected: (Wanted & { readonly url: string }) | undefined;
  #opening = new AbortController();
  #checking = new AbortController();
  #pricing = new AbortController();
  /** The question whose price was asked last. */
  #priced: State["draft"] | undefined;
  #running = new AbortController();
  readonly #priceSoon: () => void;

  constructor(store: Store) {
    this.#store = store;
    this.#priceSoon = debounce(200, () => void this.#tellPrice());
    store.on(["draft", "scene"], () => {
      store.set({ price: { is: "unknown" } });
      if (store.state.scene !== undefined) this.#priceSoon();
    });
  }

  /** Keeps what a link asks for until its place is opened with keys. */
  expect(wanted: Wanted): void {
    this.#expected = { ...wanted, url: this.#store.state.place.url };
  }

  /** Opens what the form names; `wanted` comes from a shared link. */
  async open(asked?: Wanted): Promise<void> {
    const store = this.#store;
    const { place, keys } = store.state;
    const wanted = asked ?? (this.#expected?.url === place.url ? this.#expected : undefined);
    this.#expected = undefined;
    this.close();
    const { signal } = this.#opening;
    countRequests();
    store.set({ opening: true, problem: undefined, diagnosis: undefined, notes: [] });
    const onDiagnostic = ({ message }: { readonly message: string }): void => {
      const { notes } = store.state;
      if (!signal.aborted && !notes.includes(message)) store.set({ notes: [...notes, message] });
    };
    try {
      const location = localOf(store.state)?.location ?? place.url.trim();
      const dataset = await open(location, { ...storageOptions(place, keys), signal, onDiagnostic });
      if (signal.aborted) return dataset.close();
      store.set({ dataset });
      const data = [...dataset.sources].filter(([, source]) => source.info.role === "data");
      const name = wanted?.source ?? data[0]?.[0];
      // A dataset without data sources says itself why.
      await this.#show(name ?? dataset.source().info.name, signal, wanted);
    } catch (problem) {
      if (!signal.aborted) store.set({ problem });
      const isRemote = localOf(store.state) === undefined;
      if (!signal.aborted && isRemote && isReaderError(problem) && ofThePlace.has(problem.code))
        void this.check();
    } finally {
      if (!signal.aborted) store.set({ opening: false });
    }
  }

  /** Asks the doctor about what the form names; what is open stays open. */
  async check(): Promise<void> {
    const store = this.#store;
    const { place, keys } = store.state;
    this.#checking.abort();
    this.#checking = new AbortController();
    const { signal } = this.#checking;
    store.set({ diagnosis: "running" });
    try {
      const diagnosis = await diagnose(place.url.trim(), { ...storageOptions(place, keys), signal });
      if (!signal.aborted) store.set({ diagnosis });
    } catch (problem) {
      if (!signal.aborted) store.set({ diagnosis: undefined, problem });
    }
  }

  /** Shows another source of the open dataset. */
  async choose(name: string): Promise<void> {
    this.#stop();
    const { signal } = this.#opening;
    this.#store.set({ opening: true, problem: undefined });
    try {
      await this.#show(name, signal);
    } catch (problem) {
      if (!signal.aborted) this.#store.set({ problem });
    } finally {
      if (!signal.aborted) this.#store.set({ opening: false });
    }
  }

  async #show(name: string, signal: AbortSignal, wanted?: Pick<Shared, "draft" | "colourBy">): Promise<void> {
    const scene = await describeScene(this.#store.state.dataset!, name, { signal });
    if (signal.aborted) return;
    const draft = wanted?.draft ?? firstDraft(scene);
    const colourBy = wanted?.colourBy;
    this.#store.set({
      scene,
      draft,
      colourBy,
      clamp: undefined,
      slice: {},
      run: undefined,
      result: undefined,
    });
    await this.#tellPrice();
    const { price } = this.#store.state;
    if (signal.aborted || this.#store.state.draft !== draft || price.is !== "told") return;
    const { bytes, requests } = price.explain;
    if (bytes <= firstLook.bytes && requests <= firstLook.requests) await this.run();
  }

  /** Prices the question of the form, once: told while its query runs, a price would leave out what has come already. */
  async #tellPrice(): Promise<void> {
    const { scene, draft } = this.#store.state;
    if (scene === undefined || this.#priced === draft) return;
    this.#priced = draft;
    this.#pricing.abort();
    this.#pricing = new AbortController();
    const { signal } = this.#pricing;
    try {
      const explain = await scene.source.explain(queryOf(scene, draft), { signal });
      if (!signal.aborted) this.#store.set({ price: { is: "told", explain } });
    } catch (error) {
      if (!signal.aborted) this.#store.set({ price: { is: "failed", error } });
    }
  }

  /** Runs the query of the form; its parts show as they land. */
  async run(): Promise<void> {
    const store = this.#store;
    const { scene, draft } = store.state;
    if (scene === undefined) return;
    this.#stop();
    const { signal } = this.#running;
    const requestsBefore = countRequests();
    const startedAt = performance.now();
    const begun: Run = { is: "running", startedAt, ms: 0, requestsBefore };
    store.set({ run: begun, result: undefined, problem: undefined });
    const tell = (patch: Partial<Run>): void => {
      if (this.#running.signal === signal || patch.is !== undefined) {
        store.set({ run: { ...store.state.run!, ms: performance.now() - startedAt, ...patch } });
      }
    };
    let gather: Gather<never> | undefined;
    let timeline: Timeline | undefined;
    /** How it ended. */
    const over = (is: Run["is"]): void => tell({ is, ...(timeline && { timeline }) });
    try {
      const query = queryOf(scene, draft);
      const { source } = scene;
      const options: QueryOptions = {
        signal,
        onProgress: (progress) => tell({ progress }),
        onTimeline: (told) => {
          timeline = told;
        },
      };
      if (source.kind === "grid") {
        const { grid } = await source.plan(query, { signal });
        gather = gatherGrid(grid!) as Gather<never>;
      } else if (source.kind === "points") {
        gather = gatherPoints(source, draft.fields) as Gather<never>;
      } else gather = gatherVertices(scene.dimensions.length === 2 ? 2 : 3) as Gather<never>;
      let nextAt = 0;
      // Parts of graphs and meshes repeat vertices of others, which tables of rows should not.
      const isWhole = source.kind === "graph" || source.kind === "mesh";
      for await (const part of isWhole ? [source.query(query, options)] : source.stream(query, options)) {
        gather.add(part as never);
        const now = performance.now();
        if (store.state.run?.firstPartMs === undefined) tell({ firstPartMs: now - startedAt });
        if (now < nextAt) continue;
        nextAt = Number.POSITIVE_INFINITY;
        store.set({ result: gather.result(false) });
        void costOfFrame(now).then((ms) => {
          nextAt = performance.now() + Math.max(redrawMs, 3 * ms);
        });
      }
      store.set({ result: gather.result(true) });
      over("done");
    } catch (problem) {
      if (this.#running.signal !== signal) return;
      if (signal.aborted) over("cancelled");
      else {
        store.set({ problem });
        over("failed");
      }
      if (gather !== undefined) store.set({ result: gather.result(false) });
    }
  }

  cancel(): void {
    this.#running.abort(new DOMException("Cancelled by the user.", "AbortError"));
  }

  /** Stops everything and lets go of the dataset. */
  close(): void {
    this.#stop();
    this.#pricing.abort();
    this.#checking.abort();
    this.#opening.abort();
    this.#opening = new AbortController();
    this.#store.state.dataset?.close();
    this.#store.set({
      dataset: undefined,
      scene: undefined,
      result: undefined,
      run: undefined,
      opening: false,
    });
  }

  #stop(): void {
    this.#running.abort();
    this.#running = new AbortController();
  }
}

/** Requests of this page to other origins since it was asked last; the browser's list, which is limited, begins anew. */
function countRequests(): number {
  const sent = performance
    .getEntriesByType("resource")
    .filter(({ name }) => !name.startsWith(location.origin)).length;
  performance.clearResourceTimings();
  performance.setResourceTimingBufferSize(5000);
  return sent;
}

/** Milliseconds since `from` until a frame begun now is on the screen: on a slow GPU, drawing costs more than it seems. */
function costOfFrame(from: number): Promise<number> {
  // Frames stop while the page is in the background.
  if (document.hidden) return Promise.resolve(0);
  return new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - from)));
  });
}

/** The library's options; keys go nowhere but here. */
export function storageOptions(place: Place, keys: Keys): OpenOptions {
  const { endpoint, region, signing } = place;
  const { accessKeyId, secretAccessKey, sessionToken } = keys;
  const hasKeys = accessKeyId !== "" || secretAccessKey !== "";
  return {
    ...(endpoint.trim() === "" ? {} : { endpoint: endpoint.trim() }),
    ...(region.trim() === "" ? {} : { region: region.trim() }),
    ...(hasKeys
      ? {
          credentials: {
            accessKeyId: accessKeyId.trim(),
            secretAccessKey: secretAccessKey.trim(),
            ...(sessionToken.trim() === "" ? {} : { sessionToken: sessionToken.trim() }),
          },
          auth: { mode: signing },
        }
      : {}),
  };
}
