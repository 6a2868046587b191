// Shows one picture large, over the page; the arrows lead to the others of the room.

import { t } from "../i18n/strings.js";
import { cleanName, shortName, sizeWords } from "../log/file-facts.js";
import { icon, lookOf, wordsOf } from "../log/gallery.js";
import { nickOf, when } from "../log/row.js";
import { open } from "./dialog.js";
import { make } from "./make.js";

const SWIPE = 50; // px of a finger's way that count as one

/**
 * Opens the picture with an id. `pictures` returns those that there are now, `addressOf` the address of one; `onClose`
 * gets the id of the picture that was shown last.
 */
export function openLightbox(pictures, id, { addressOf, onClose }) {
  let shown = id;
  const parts = makeParts(() => step(-1), () => step(1));
  const dialog = open("lightbox", t("files.large"), parts.stage, parts.bar);
  const show = () => {
    const all = pictures();
    const place = all.findIndex((one) => one.id === shown);
    // It may have been deleted meanwhile.
    if (place < 0) dialog.close();
    else fill(parts, all, place, addressOf);
  };
  function step(way) {
    const all = pictures();
    const place = all.findIndex((one) => one.id === shown) + way;
    shown = all[Math.min(Math.max(place, 0), all.length - 1)]?.id;
    show();
  }
  dialog.addEventListener("keydown", (event) => {
    const way = wayOf(event, dialog);
    if (!way) return;
    event.preventDefault();
    step(way);
  });
  dialog.addEventListener("click", ({ target }) => target === parts.stage && dialog.close());
  dialog.addEventListener("close", () => onClose(shown));
  parts.close.addEventListener("click", () => dialog.close());
  onSwipe(parts.stage, (way) => step(dialog.matches(":dir(rtl)") ? -way : way));
  show();
  parts.close.focus();
}

/** Returns how far a key leads: one step, or to an end. */
function wayOf({ key, altKey, ctrlKey, metaKey }, dialog) {
  if (altKey || ctrlKey || metaKey) return 0;
  const forward = dialog.matches(":dir(rtl)") ? -1 : 1;
  return { ArrowLeft: -forward, ArrowRight: forward, ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity }[key] ?? 0;
}

function makeParts(back, on) {
  const arrow = (name, act) => {
    const words = t(`files.${name}`);
    const button = make("button", { type: "button", className: `plain ${name}`, ariaLabel: words, title: words });
    button.append(icon(name === "earlier" ? "left" : "right"));
    button.addEventListener("click", act);
    return button;
  };
  const [earlier, later] = [arrow("earlier", back), arrow("later", on)];
  const frame = make("div", { className: "frame" });
  const caption = make("p", { className: "caption", dir: "auto" });
  const about = make("p", { className: "about", role: "status" });
  const save = make("a", { className: "save" });
  save.append(icon("download"), make("span", {}, t("files.save")));
  const close = make("button", { type: "button", className: "plain", ariaLabel: t("page.close"), title: `${t("page.close")} (Esc)` }, "×");
  const stage = make("div", { className: "stage" }, earlier, frame, later);
  const bar = make("div", { className: "words" }, make("div", {}, caption, about), save, close);
  return { stage, bar, frame, earlier, later, caption, about, save, close };
}

function fill({ frame, earlier, later, caption, about, save, close }, all, place, addressOf) {
  const file = all[place];
  const url = addressOf(file);
  frame.replaceChildren(picture(file, url));
  caption.textContent = file.alt ?? "";
  caption.hidden = !file.alt;
  const count = all.length > 1 ? t("files.place", { place: place + 1, count: all.length }) : "";
  const parts = [nickOf(file.from), when(file.ts, "calendar"), shortName(file.name), sizeWords(file.size), count];
  about.replaceChildren(...parts.filter(Boolean).map((part) => make("bdi", {}, part)));
  save.href = url;
  save.download = cleanName(file.name);
  const focused = document.activeElement;
  earlier.disabled = place === 0;
  later.disabled = place === all.length - 1;
  if (focused?.disabled) close.focus();
}

/** Returns the picture in a box of its shape, so that nothing moves when it comes. */
function picture(file, url) {
  const image = make("img", { ...(file.width && { width: file.width, height: file.height }), alt: wordsOf(file) });
  const look = lookOf(file);
  if (look) image.style.backgroundImage = `url("${look}")`;
  const lack = make("p", { className: "lack", hidden: true }, t("files.broken"));
  image.addEventListener("error", () => {
    lack.hidden = false;
    image.hidden = true;
  });
  image.src = url;
  const part = document.createDocumentFragment();
  part.append(image, lack);
  return part;
}

/** Calls `act` with 1 or -1 when a finger goes to the left or right. */
function onSwipe(element, act) {
  let start = null;
  element.addEventListener("touchstart", ({ touches }) => {
    start = touches.length === 1 ? touches[0] : null;
  }, { passive: true });
  element.addEventListener("touchend", ({ changedTouches, touches }) => {
    if (!start || touches.length || visualViewport?.scale > 1.05) return;
    const [wide, high] = [changedTouches[0].clientX - start.clientX, changedTouches[0].clientY - start.clientY];
    if (Math.abs(wide) > SWIPE && Math.abs(wide) > 2 * Math.abs(high)) act(wide < 0 ? 1 : -1);
  }, { passive: true });
}
