// Loads a dialog when it is wanted, with the words and the styles that dialogs need.

import { learnDialogs } from "../i18n/later.js";
import { loadStyle } from "./style.js";

let others = null; // the words and the styles, once they are asked for

/** Resolves to what `loading` does, a module; calls `onFault` if it cannot be loaded, and never goes on then. */
export async function loadDialog(loading, onFault) {
  try {
    others ??= Promise.all([learnDialogs(), loadStyle("on-demand")]);
    const [loaded] = await Promise.all([loading, others]);
    return loaded;
  } catch {
    others = null;
    onFault();
    return new Promise(() => {});
  }
}
