/**
 * @module
 * The first rows of the result, sortable by any column.
 */
import type { Values } from "./columns.js";
import { byId, make } from "./dom.js";
import { countOf, formatCount } from "./format.js";
import { columnsOf } from "./rows.js";
import type { Store } from "./state.js";

const shownRows = 100;

interface Sorting {
  readonly column: string;
  readonly descending: boolean;
}

export function showTable(store: Store): void {
  const panel = byId("tab-table");
  let sorting: Sorting | undefined;
  const draw = (): void => {
    const { result, scene, run } = store.state;
    const isReady = result !== undefined && scene !== undefined && run?.is !== "running";
    if (!isReady || panel.hidden) {
      panel.replaceChildren();
      return;
    }
    const columns = columnsOf(result, scene);
    panel.replaceChildren(
      drawTable(columns, sorting, (column) => {
        const isSame = sorting?.column === column;
        sorting = isSame && sorting?.descending ? undefined : { column, descending: isSame };
        draw();
        panel.querySelector<HTMLElement>(`[data-column="${CSS.escape(column)}"]`)?.focus();
      }),
    );
  };
  store.on(["result", "run", "scene"], draw);
  // Drawn only while it is seen.
  new MutationObserver(draw).observe(panel, { attributeFilter: ["hidden"] });
}

function drawTable(
  columns: readonly Values[],
  sorting: Sorting | undefined,
  sort: (column: string) => void,
): HTMLElement {
  const length = columns[0]?.length ?? 0;
  const order = orderOf(columns, sorting);
  const heads = columns.map(({ name, unit }) => {
    const isSorted = sorting?.column === name;
    const direction = isSorted ? (sorting.descending ? "descending" : "ascending") : "none";
    const mark = isSorted ? (sorting.descending ? " ▾" : " ▴") : "";
    const button = make(
      "button",
      { type: "button", "data-column": name, title: unit ?? "" },
      `${name}${mark}`,
    );
    button.addEventListener("click", () => sort(name));
    return make("th", { scope: "col", "aria-sort": direction }, button);
  });
  const body = Array.from({ length: Math.min(shownRows, length) }, (_, index) => {
    const row = order === undefined ? index : order[index]!;
    const cells = columns.map((values) => {
      const text = values.textAt(row);
      return text === "" ? make("td", { class: "null" }, "null") : make("td", {}, text);
    });
    return make("tr", {}, make("th", { scope: "row" }, formatCount(row)), ...cells);
  });
  const caption =
    length > shownRows
      ? `${shownRows} of ${countOf(length, "row")}; the file has all`
      : countOf(length, "row");
  return make(
    "table",
    { class: "rows" },
    make("caption", {}, caption),
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "#"), ...heads)),
    make("tbody", {}, ...body),
  );
}

/** Row numbers in order; nulls last whichever way. */
function orderOf(columns: readonly Values[], sorting: Sorting | undefined): Uint32Array | undefined {
  const values = columns.find(({ name }) => name === sorting?.column);
  if (values === undefined || sorting === undefined) return undefined;
  const sign = sorting.descending ? -1 : 1;
  const order = Uint32Array.from({ length: values.length }, (_, row) => row);
  if (values.categories !== undefined) {
    return order.sort((a, b) => sign * values.textAt(a).localeCompare(values.textAt(b)) || a - b);
  }
  return order.sort((a, b) => {
    const [left, right] = [values.numberAt(a), values.numberAt(b)];
    if (left === undefined || right === undefined)
      return Number(left === undefined) - Number(right === undefined) || a - b;
    return sign * (left - right) || a - b;
  });
}
