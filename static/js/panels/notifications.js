// The dialog about notifications: do not disturb, words to look out for, a try, and what is in their way.

import { t } from "../i18n/strings.js";
import { permission } from "./attention.js";
import { open } from "./dialog.js";
import { box, button, field, make, teller } from "./make.js";

const MOST = 20; // words
const LONGEST = 40; // characters of a word
const PARTS = /[,\n]/;

/**
 * Opens the dialog. `isCalm` and `words` are as they are; `onCalm` and `onWords` get others. `onShow` shows a notification
 * with some words, and `onPlay` plays the sound.
 */
export function openNotifications({ isCalm, words }, { onCalm, onWords, onPlay, onShow }) {
  const [quiet, calm] = box(t("notify.calm"), { checked: isCalm });
  calm.addEventListener("change", () => onCalm(calm.checked));
  const [label, wanted] = field(t("notify.words"), {
    value: words.join(", "), maxLength: MOST * LONGEST, dir: "auto", autocomplete: "off",
  });
  wanted.addEventListener("change", () => onWords(wordsIn(wanted.value)));
  const [line, tell] = teller();
  const trying = button(t("notify.try"), async () => {
    onPlay();
    if (permission() === "default") await Notification.requestPermission();
    if (permission() === "granted") onShow(t("notify.example"));
    tell(t(`notify.${hindrance() ?? "tried"}`));
  });
  const close = button(t("page.close"), () => dialog.close());
  const about = make("p", {}, t("notify.rooms"));
  const dialog = open("notifications", t("notify.title"), make("h2", {}, t("notify.title")), quiet, label, wanted, about, trying, line, close);
  const reason = hindrance();
  if (reason) tell(t(`notify.${reason}`));
  calm.focus();
}

/** Returns what is in the way of notifications; null if nothing is. */
function hindrance() {
  if (permission() === "none") return isSecureContext ? "none" : "insecure";
  return { denied: "denied", default: "unasked" }[permission()] ?? null;
}

/** Returns the words in a list with commas, each once. */
export function wordsIn(text) {
  const words = text.split(PARTS).map((word) => word.trim().slice(0, LONGEST)).filter(Boolean);
  return [...new Set(words)].slice(0, MOST);
}
