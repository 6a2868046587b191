// Puts the page together: boot connects to the server and fills the store, the views show it.
//
// What can wait is loaded when the first messages are drawn: deferred and installed.

import { again } from "./again.js";
import { offered, roomList, session, showOn, sought, store } from "./boot.js";
import { Composer } from "./compose/composer.js";
import { reasonOf, speak, t, translate } from "./i18n/strings.js";
import { Log } from "./log/log.js";
import { Address, LOBBY } from "./net/address.js";
import { NameDialog } from "./panels/name-dialog.js";
import { Notice } from "./panels/notice.js";
import { Panel } from "./panels/panel.js";
import { Rooms } from "./panels/rooms.js";
import { Status } from "./panels/status.js";
import { loadStyle } from "./panels/style.js";
import { recall, remember } from "./storage/storage.js";
import { uuid } from "./uuid.js";

const DEFER_LIMIT = 1_000; // ms after which the rest is loaded, whether messages are drawn or not
const TRIES = 2; // attempts to connect that have failed, after which the page looks for the reason
const CLOCKS = { h12: "h12", h23: "h23" }; // of 12 and 24 hours, as they are stored
const HIDDEN_PACE = 250; // ms between drawings while no frames are drawn

const find = (id) => document.getElementById(id);

const languages = [recall("look.language"), ...navigator.languages].filter((one) => typeof one === "string");
await again(() => speak(languages, CLOCKS[recall("look.clock")])).catch(() => speak(["en"]));
translate(document);

const address = new Address((room) => update(() => store.open(room || LOBBY)));
const notice = new Notice(find("notice"));
const status = new Status(find("status"), find("banner"), () => session.reconnect());
const name = new NameDialog(find("name"), (nick) => {
  session.call(nick);
  // No focus is restored after a dialog that opened before anything had it: the body has it then, or, in
  // Chromium until the next frame, what was in the dialog.
  if (document.activeElement === document.body || find("name").contains(document.activeElement)) composer.focus();
});
const panels = [
  new Panel(find("rooms"), find("open-rooms")),
  new Panel(find("people"), find("open-people")),
  new Panel(find("search"), find("open-search")),
];
const rooms = new Rooms(find("rooms"), {
  onJoin: (wanted) => address.go(wanted),
  onMenu: (room, button) => useTools(() => tools.offerRoom(room, button)),
  onFocus: () => session.list(),
});
const log = new Log(find("log"), {
  lines: find("lines"),
  earlier: find("earlier"),
  onEarlier: () => update(() => store.room.history.goBack()),
  onLater: () => update(() => store.room.history.goOn()),
  onMissing: look,
  onPlace: (room) => {
    tools?.place(room);
    if (room.isAtEnd === log.follows) return;
    store.reading.follow(room, log.follows);
    schedule();
  },
});
const composer = new Composer(find("composer"), {
  onSend: (text, draft, done) => {
    if (tools?.mustWait(text, draft)) return;
    const isCommand = text.startsWith("/") && !draft.edit;
    if (isCommand) useTools(() => tools.command(text, draft, done));
    else if (say(text, draft)) done();
  },
  onTooLong: (count, limit) => useTools(() => notice.tell(t("composer.tooLong", { count, limit }))),
});

let notifyDrawn; // to be called when the first messages are drawn
const drawn = new Promise((resolve) => {
  notifyDrawn = resolve;
  setTimeout(resolve, DEFER_LIMIT);
});
let cache = null; // all three until they are loaded
let outbox = null;
let marks = null;
// After an earlier visit the cache may have messages, which are shown before anything else.
const installed = (recall("session") ? Promise.resolve() : drawn).then(() =>
  again(() => import("./storage/installed.js")),
);

let tools = null; // until they are loaded
const loading = drawn
  .then(() => Promise.all([again(() => import("./deferred.js")), loadStyle("later")]))
  .then(([{ Tools }]) => {
    const parts = { store, session, address, notice, name, panels, log, composer, offered, sought };
    tools = new Tools({ ...parts, say, put, look, update, cacheInUse: () => cache });
    show(); // at once, so that nothing is seen that is not stored
  });

find("loading").remove();
if ("WebSocket" in window) begin();
else status.fail(t("page.noWebSockets"));

function begin() {
  composer.show(store.room, store.limits.text); // before the first frame: what is written may be sent by then
  showOn({
    onState: (state) => {
      status.show(state);
      if (state.failed >= TRIES) loading.then(() => tools.explain(status)).catch(() => {});
    },
    onChange: () => {
      outbox?.keep(store.unsent);
      schedule();
    },
    onNameRefused: ({ nick, error, isNeeded }) => {
      if (error.access) useTools(() => tools.askAccess(error));
      else name.ask({ nick, fault: reasonOf(error), isNeeded });
    },
    onRoomRefused: (room, error) => store.rooms.get(room)?.refusal ?? useTools(() => tools.tellRefusal(room, error)),
    onDevice: (what, told) => useTools(() => tools.devices[what](told)),
  });
  schedule();
  listen();
  if (!session.nick && !session.pair) name.ask({ isNeeded: true });
  // If these cannot be loaded, nothing outlives the page, and it works otherwise.
  installed.then(usePersistence).catch(() => {});
  loading.catch(() => {}); // useTools tells it
}

async function usePersistence({ install }) {
  const onInherit = (left) => update(() => store.restore(left));
  const onRead = (read) => update(() => store.reading.recall(read));
  ({ cache, outbox, marks } = install({ onOpen: (room) => address.go(room), onInherit, onRead }));
  onRead(marks.recall([...store.rooms.keys()])); // which other tabs may have changed
  outbox.open();
  outbox.keep(store.unsent);
  const kept = await cache.recall();
  update(() => store.recallLines(kept));
}

/** Whether something would be lost if the page were closed now. */
function isUnkept() {
  return outbox ? !outbox.isKept : store.unsent.length > 0;
}

function listen() {
  for (const sign of ["online", "offline", "pageshow"]) addEventListener(sign, () => session.hurry());
  addEventListener("beforeunload", (event) => isUnkept() && event.preventDefault());
  document.addEventListener("visibilitychange", () => {
    update(() => store.reading.watch(!document.hidden));
    if (!document.hidden) session.hurry();
  });
  find("lines").addEventListener("click", ({ target }) => {
    const button = target.closest("[data-act]");
    if (button) useTools(() => tools.act(button));
  });
}

/** Sends a draft's text to the room that is shown; returns whether it is queued. */
function say(text, draft) {
  const { reply, edit, files } = draft;
  if (edit) return tools.amend(text, edit); // which have begun it
  const isTaken = put({ t: "send", text, files, ...(reply && { reply: reply.seq, epoch: reply.epoch }) });
  if (isTaken) log.goToEnd();
  if (isTaken) draft.files = undefined;
  return isTaken;
}

/** Queues a request; shows a notice if the queue is full. Returns whether it is queued. */
function put(request) {
  let isTaken = false;
  update(() => {
    isTaken = store.put({ ...request, cid: uuid() }, Date.now());
  });
  if (!isTaken) useTools(() => notice.tell(t("composer.full")));
  return isTaken;
}

/** Requests a message that another one in the room replies to. */
function look(seq) {
  if (store.room.history.quote(seq)) session.act();
}

/** Changes the store as the user wants, and makes the requests that follow from it. */
function update(change) {
  const before = store.active;
  change();
  if (store.active !== before) {
    panels.forEach((panel) => panel.close());
    composer.show(store.room, store.limits.text); // before the next frame: keys that follow are for this room
  }
  session.act();
}

/** Draws the page with the next frame, once for all changes until then. */
function schedule() {
  if (schedule.isDue) return;
  schedule.isDue = true;
  const draw = () => {
    schedule.isDue = false;
    show();
  };
  if (document.hidden) setTimeout(draw, HIDDEN_PACE);
  else requestAnimationFrame(draw);
}

function show() {
  tools?.prepare();
  const { room, me, limits } = store;
  showRoom(room);
  rooms.show(store.rooms, store.active, store.listed);
  log.show(room, me);
  log.forget([...store.rooms.values()]);
  tools?.show(room);
  marks?.keep(store.reading.marks);
  composer.show(room, limits.text);
  if (room.history.isKnown) notifyDrawn();
  if (!store.isWelcome) return;
  cache?.keep([...store.rooms.values()]);
  remember("nick", me.nick);
  remember("me", me);
  remember("session", store.session);
  const open = [...store.rooms.values()].filter(({ refusal }) => !refusal);
  if (!room.refusal) remember("room", store.active);
  roomList.keep(open.map(({ name }) => name));
}

function showRoom(room) {
  const { isKnown } = room.history;
  const isEmpty = !room.messages.length && !room.outgoing.length && !room.notes.length;
  find("empty").hidden = !isEmpty || !(isKnown || status.isAway);
  const [title, hint] = find("empty").querySelectorAll("h2, p");
  setText(title, t(isKnown ? "log.empty" : "log.unknown"));
  setText(hint, t(isKnown ? "log.begin" : "log.wait"));
  setText(find("room"), room.label);
  find("room").dataset.room = room.name;
  setText(find("topic"), room.topic);
  address.show(room.name);
}

/** Uses the tools as soon as they are loaded. */
function useTools(use) {
  loading.then(use, () => notice.tell(t("page.incomplete")));
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
