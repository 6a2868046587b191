// The settings of a room, for its moderators: rules, links, what is held, reports, and what was done.

import { reasonOf, t } from "../i18n/strings.js";
import { duration } from "../log/narration.js";
import { showAudit } from "./audit.js";
import { open } from "./dialog.js";
import { showHeld } from "./held.js";
import { showLinks } from "./links.js";
import { box, button, choice, field, make, teller } from "./make.js";
import { namesForm } from "./names.js";

const SLOW = [0, 5, 10, 30, 60, 300, 900, 3_600]; // s
const NEWCOMERS = [0, 60, 300, 900, 3_600, 86_400]; // s
const MOST_MEMBERS = 1_000_000;

/**
 * Opens the settings of a room for the user `me`, perhaps an operator. `request` makes a request and returns the answer, `onGo` shows the
 * message with a number.
 */
export function openSettings(room, { me, isOperator, request, onGo }) {
  const { name } = room;
  const [line, tell] = teller();
  const go = (seq) => {
    dialog.close();
    onGo(seq);
  };
  const audit = (isReports, place = name) => (element) => showAudit(element, place, { isReports, request, tell, onGo: go });
  const close = button("×", () => dialog.close(), "close plain");
  close.ariaLabel = t("page.close");
  const dialog = open(
    "settings-of-room",
    t("settings.title"),
    close,
    make("h2", {}, t("settings.title"), " · ", make("bdi", {}, room.label)),
    part("rules", (element) => element.replaceChildren(rulesForm(room, request, tell))),
    part("links", (element) => showLinks(element, name, { me, request, tell })),
    part("reports", audit(true)),
    part("held", (element) => showHeld(element, name, { request, tell })),
    part("acts", audit(false)),
    isOperator ? part("everywhere", audit(false, "")) : "",
    isOperator ? part("names", (element) => element.replaceChildren(namesForm(request, tell))) : "",
    line,
  );
  dialog.addEventListener("toggle", () => tell(""), { capture: true }); // what was told is of another part
  dialog.querySelector("details").open = true;
  dialog.querySelector("summary").focus();
}

/** Returns a part of the settings; `fill` fills it each time that it is opened. */
function part(name, fill) {
  const content = make("div", { className: name });
  const element = make("details", { name: "settings" }, make("summary", {}, t(`settings.${name}`)), content);
  element.addEventListener("toggle", () => {
    if (!element.open) return;
    if (!content.hasChildNodes()) content.append(make("p", {}, t("settings.looking")));
    fill(content);
  });
  return element;
}

function rulesForm({ name, rules }, request, tell) {
  const [closedLabel, closed] = box(t("settings.closed"), { checked: Boolean(rules.closed) });
  const [slowLabel, slow] = choice(t("settings.slow"), times(SLOW, rules.slow));
  const [newLabel, newcomers] = choice(t("settings.newcomers"), times(NEWCOMERS, rules.newcomers));
  const bounds = { type: "number", min: 1, max: MOST_MEMBERS, placeholder: t("settings.any") };
  const [mostLabel, members] = field(t("settings.members"), { ...bounds, value: rules.members || "" });
  const [holdLabel, held] = box(t("settings.hold_links"), { checked: Boolean(rules.hold_links) });
  const [filesLabel, noFiles] = box(t("settings.no_files"), { checked: Boolean(rules.no_files) });
  slow.value = rules.slow ?? 0;
  newcomers.value = rules.newcomers ?? 0;
  const fields = [closedLabel, slowLabel, slow, newLabel, newcomers, mostLabel, members, holdLabel, filesLabel];
  const fault = make("p", { className: "fault", role: "alert", hidden: true });
  const form = make("form", { autocomplete: "off" }, ...fields, fault, make("button", {}, t("settings.save")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const numbers = { slow, newcomers, members };
    const wish = Object.fromEntries(Object.entries(numbers).map(([key, { value }]) => [key, Number(value)]));
    const boxes = { closed: closed.checked, hold_links: held.checked, no_files: noFiles.checked };
    const answer = await request({ t: "rules", room: name, ...boxes, ...wish });
    fault.hidden = answer.t !== "error";
    if (answer.t === "error") fault.textContent = reasonOf(answer);
    else tell(t("settings.saved"));
  });
  return form;
}

/** Returns times to choose from, that of the present rule among them. */
function times(usual, present = 0) {
  const all = [...new Set([...usual, present])].sort((one, other) => one - other);
  return all.map((seconds) => [seconds, seconds ? duration(seconds) : t("settings.off")]);
}
