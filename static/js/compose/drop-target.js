// The whole window takes files that are dropped on it, and says so while they are over it.

import { t } from "../i18n/strings.js";
import { droppedFiles } from "./admission.js";
import { bringsFiles } from "./dragged-files.js";

/** Calls `onDrop` with {files, folders}; `room` returns the name to show, or null where nothing may be dropped. */
export class DropTarget {
  #element = document.createElement("div");
  #words = document.createElement("p");
  #room;
  #isOwn = false; // whether what is dragged is of the page itself, a picture in the log for instance

  constructor(room, onDrop) {
    this.#room = room;
    this.#element.className = "drop-target";
    this.#element.hidden = true;
    this.#element.append(this.#words);
    document.body.append(this.#element);
    addEventListener("dragenter", (event) => this.over(event));
    addEventListener("dragover", (event) => this.over(event));
    addEventListener("dragleave", ({ relatedTarget }) => relatedTarget === null && this.#hide());
    addEventListener("dragstart", () => (this.#isOwn = true));
    addEventListener("dragend", () => (this.#isOwn = false));
    addEventListener("drop", (event) => {
      if (this.#isOwn || !bringsFiles(event.dataTransfer)) return;
      event.preventDefault();
      this.#hide();
      onDrop(droppedFiles(event.dataTransfer));
    });
  }

  /** Handles that something is dragged over the window. */
  over(event) {
    if (this.#isOwn || !bringsFiles(event.dataTransfer)) return;
    event.preventDefault(); // else the browser would leave the page for the file
    const room = this.#room();
    event.dataTransfer.dropEffect = room === null ? "none" : "copy";
    if (room === null || !this.#element.hidden) return;
    this.#words.textContent = t("files.drop", { room });
    this.#element.hidden = false;
  }

  #hide() {
    this.#element.hidden = true;
  }
}
