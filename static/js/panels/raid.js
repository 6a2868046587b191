// The dialog that undoes a raid: by whom, what that would be, and one button.

import { reasonOf, t } from "../i18n/strings.js";
import { isolate, names } from "../log/narration.js";
import { moment } from "./links.js";
import { open } from "./dialog.js";
import { box, button, field, make, reasonField } from "./make.js";

const RECENT = 10 * 60_000; // ms, of "this person, the last 10 minutes"
const DAY = 86_400_000; // ms
const NETWORKS = 5; // that are shown

/**
 * Opens the dialog about a `person` who was at it at a time `at`, in ms, with a reason `why` that may be changed; for an
 * `operator` in all rooms, too, and at once if `isEverywhere`. `request` makes a request and returns the answer; `onDone` is called with the answer once the raid is undone.
 */
export function openRaid({ room, person, at, why, operator, isEverywhere }, request, onDone) {
  const [one, ofPerson] = radio(t("raid.person", { nick: isolate(person.nick) }), { value: "person", checked: true });
  const [all, ofAll] = radio(t("raid.since"), { value: "since" });
  const [timeLabel, time] = field(t("raid.time"), { type: "time", value: clock(at - RECENT) });
  timeLabel.className = "spoken";
  const [everywhereLabel, everywhere] = box(t("menu.everywhere"), { checked: Boolean(operator && isEverywhere) });
  const [reasonLabel, reason] = reasonField(why);
  const preview = make("div", { className: "preview", role: "status" });
  const list = make("div", { className: "raiders" });
  const undo = button(t("raid.undo"), () => act(), "danger");
  const group = make("fieldset", {}, make("legend", {}, t("raid.who")), one, make("p", { className: "since" }, all, timeLabel, time), operator ? everywhereLabel : "");
  const dialog = open("raid", t("raid.title"), make("h2", {}, t("raid.title")), group, preview, list, make("p", { className: "reason" }, reasonLabel, reason), make("p", { className: "answers" }, button(t("menu.no"), () => dialog.close()), undo));
  const spared = new Set(); // ids of people who are left out
  let regulars = false; // whether those are meant, too, whom the server knew before,
  let known = 0; // and how many they are
  const wanted = () => {
    const raid = { t: "raid", room: everywhere.checked ? "" : room };
    if (ofAll.checked) return { ...raid, since: sinceOf(time.value), regulars, except: [...spared] };
    return { ...raid, since: Date.now() - RECENT, people: [person.id] };
  };
  let asked = 0;
  let seen = null; // what the preview is of, until when
  const look = async (isFresh) => {
    undo.disabled = true;
    const number = ++asked;
    const raid = wanted();
    const answer = await request({ ...raid, preview: true });
    if (number !== asked) return;
    seen = { ...raid, until: answer.until };
    preview.replaceChildren(...lines(answer));
    undo.disabled = !answer.count;
    if (!isFresh || answer.t === "error") return;
    if (!regulars) known = answer.regulars ?? 0;
    list.replaceChildren(...(raid.people ? [] : choices(answer.people, { spared, known, regulars }, chosen)));
  };
  const lookAnew = () => {
    spared.clear();
    regulars = false;
    return look(true);
  };
  const chosen = ({ target: { value, checked } }) => {
    if (!value) regulars = checked;
    else if (checked) spared.delete(value);
    else spared.add(value);
    return value ? look(false) : look(true).then(() => list.querySelector("input[value='']")?.focus());
  };
  const act = async () => {
    const answer = await request({ ...seen, why: reason.value.trim() });
    if (answer.t === "error") return preview.replaceChildren(fault(answer));
    dialog.close();
    return onDone(answer);
  };
  group.addEventListener("change", lookAnew);
  time.addEventListener("focus", () => ofAll.checked || ((ofAll.checked = true), lookAnew()));
  ofPerson.focus();
  return lookAnew();
}

function lines(answer) {
  if (answer.t === "error") return [fault(answer)];
  const { count, people, addresses, messages, rooms, shared } = answer;
  if (!count) return [make("p", {}, t("raid.nobody"))];
  return [
    make("p", {}, `${t("raid.people", { count })}: `, names(people, count)),
    addresses.length ? make("p", {}, t("raid.networks", { networks: networks(addresses) })) : "",
    make("p", {}, t("raid.messages", { count: messages })),
    rooms ? make("p", {}, t("raid.rooms", { count: rooms })) : "",
    shared ? make("p", {}, t("raid.shared")) : "",
    make("p", { className: "hint" }, t("raid.mode")),
  ].filter(Boolean);
}

/** Returns a box for each person whom one can leave out, and one for those whom the server knew before. */
function choices(people, { spared, known, regulars }, onChange) {
  const boxes = people.map(({ id, nick, first }) => {
    const met = first ? make("span", { className: "hint" }, " ", t("raid.first", { time: moment(first) })) : "";
    return choice(id, !spared.has(id), onChange, make("bdi", {}, nick || t("row.nameless")), met);
  });
  const others = known ? choice("", regulars, onChange, t("raid.regulars", { count: known })) : "";
  const group = make("fieldset", {}, make("legend", {}, t("raid.whom")), ...boxes);
  return [boxes.length ? group : "", others].filter(Boolean);
}

function choice(value, checked, onChange, ...words) {
  const box = make("input", { type: "checkbox", value, checked });
  box.addEventListener("change", onChange);
  return make("label", { className: "box" }, box, " ", ...words);
}

function networks(addresses) {
  return names(addresses.slice(0, NETWORKS).map((nick) => ({ nick })), addresses.length);
}

function fault(error) {
  return make("p", { className: "fault" }, reasonOf(error));
}

function radio(words, properties) {
  const control = make("input", { type: "radio", name: "raid", ...properties });
  return [make("label", { className: "box" }, control, " ", words), control];
}

/** Returns a time as a field for times has it, in local time. */
function clock(ms) {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** Returns the last time at which a clock showed this, in ms. */
function sinceOf(value) {
  const [hours = 0, minutes = 0] = value.split(":").map(Number);
  const since = new Date().setHours(hours, minutes, 0, 0);
  return since > Date.now() ? since - DAY : since;
}
