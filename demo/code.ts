/**
 * @module
 * The lines of a program that gives the same rows as the page. Keys are never written into it.
 */
import { byId, copyButton, make } from "./dom.js";
import { queryOf } from "./query.js";
import { withoutSecrets } from "./share.js";
import { localOf, type State, type Store } from "./state.js";

/** A program of about ten lines; keys come from the reader's own environment. */
export function writeCode(state: State): string {
  const { place, keys, scene, draft } = state;
  if (scene === undefined) return "";
  const isLocal = localOf(state) !== undefined;
  const { source, name } = scene;
  const url = withoutSecrets(place.url);
  const isS3 = /^s3[:+]/i.test(url);
  const hadQuery = url !== place.url.trim();
  const named = name === "" ? [] : [`source: ${JSON.stringify(name)}`];
  const hasKeys = isS3 && keys.accessKeyId !== "";
  const token = keys.sessionToken === "" ? "" : ", sessionToken";
  const options = [
    `${[`kind: "${source.kind}"`, ...named].join(", ")},`,
    ...(isS3 && place.endpoint !== ""
      ? [`endpoint: ${JSON.stringify(withoutSecrets(place.endpoint))},`]
      : []),
    ...(isS3 && place.region !== "" ? [`region: ${JSON.stringify(place.region)},`] : []),
    ...(hasKeys ? [`credentials: { accessKeyId, secretAccessKey${token} }, // yours`] : []),
    ...(hasKeys && place.signing === "header" ? ['auth: { mode: "header" },'] : []),
  ];
  const query = Object.entries(queryOf(scene, draft)).map(
    ([key, value]) => `  ${key}: ${writeValue(value)},`,
  );
  const use =
    source.kind !== "grid"
      ? "console.log(table.length, table.positions, table.fields);"
      : "console.log(table.shape, table.axes, table.data);";
  return [
    'import { open } from "cloudcrop";',
    "",
    isLocal
      ? "const data = await open(picked, { // a File, the files of an input, or the entry or handle of a folder"
      : `const data = await open(${JSON.stringify(url)}, {${hadQuery ? " // add the query of your signed link" : ""}`,
    ...options.map((line) => `  ${line}`),
    "});",
    ...(query.length === 0
      ? ["const table = await data.query();"]
      : ["const table = await data.query({", ...query, "});"]),
    use,
  ].join("\n");
}

function writeValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeValue).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, inner]) => `${writeKey(key)}: ${writeValue(inner)}`);
    return `{ ${entries.join(", ")} }`;
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function writeKey(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
}

export function showCode(store: Store): void {
  const text = make("pre", { tabindex: 0, "aria-label": "Code of this query" });
  byId("tab-code").replaceChildren(
    copyButton("Copy the code", () => text.textContent ?? ""),
    text,
  );
  store.on(["place", "keys", "scene", "draft"], (state) => {
    text.textContent = writeCode(state);
  });
}
