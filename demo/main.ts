/**
 * @module
 * Starts the page: one store, one panel per duty, and what the address asks for.
 */
import { Actions } from "./actions.js";
import { showBeside } from "./beside.js";
import { bindShare, bindTabs, bindTheme } from "./chrome.js";
import { showCode } from "./code.js";
import { showDoctor } from "./doctor.js";
import { bindDownloads } from "./download.js";
import { showErrors } from "./errors.js";
import { bindForm, showKeys } from "./form.js";
import { showFound } from "./found.js";
import { bindLocal } from "./local.js";
import { Picture } from "./picture.js";
import { loadSamples, locatePreset, type Preset, showPresets } from "./presets.js";
import { showProfilePlot } from "./profile-plot.js";
import { showQueryForm } from "./query-form.js";
import { showRunPanel } from "./run-panel.js";
import { readHash } from "./share.js";
import { noKeys, Store } from "./state.js";
import { showSwitches } from "./surveys.js";
import { showTable } from "./table.js";
import { showTimeline } from "./timeline.js";

const store = new Store();
const actions = new Actions(store);
const picture = new Picture(store);

bindForm(store, actions);
bindLocal(store, actions);
showPresets(store, openPreset);
showErrors(store);
showDoctor(store, actions);
showFound(store, actions);
showQueryForm(store);
showSwitches(store, actions);
showBeside(store, openPreset);
showRunPanel(store, actions);
showProfilePlot(store);
showTimeline(store);
showTable(store);
bindDownloads(store);
showCode(store);
bindShare(store);
bindTabs();
bindTheme(() => picture.repaint());

function openPreset(preset: Preset): void {
  const { samples } = store.state;
  if (samples === undefined) return;
  const located = locatePreset(preset, samples);
  store.set(located);
  if (located.keys.accessKeyId !== "") showKeys(false);
  void actions.open();
}

/** Opens what a link names; a link never brings keys, so for private data it asks for them. */
function followLink(): boolean {
  const shared = readHash(location.hash);
  if (shared === undefined) return false;
  const { place, needsKeys, ...wanted } = shared;
  actions.close();
  store.set({ place, keys: noKeys, problem: undefined });
  if (!needsKeys) {
    void actions.open(wanted);
    return true;
  }
  showKeys(true);
  actions.expect(wanted);
  return true;
}

window.addEventListener("hashchange", followLink);
store.set({ samples: await loadSamples() });
followLink();
