// Puts the page together: boot connects to the server and fills the store, the views show it.
//
// What can wait until the first messages are drawn is loaded after that: deferred (search,
// attention, commands, …) and installed (the service worker, the message cache, the outbox).

import { marks, roomList, session, showOn, store } from "./boot.js";
import { Composer } from "./compose/composer.js";
import { reasonOf, speak, t, translate } from "./i18n/strings.js";
import { Log } from "./log/log.js";
import { Address, LOBBY } from "./net/address.js";
import { NameDialog } from "./panels/name-dialog.js";
import { Notice } from "./panels/notice.js";
import { Panel } from "./panels/panel.js";
import { People } from "./panels/people.js";
import { Rooms } from "./panels/rooms.js";
import { Status } from "./panels/status.js";
import { recall, remember } from "./storage/storage.js";
import { uuid } from "./uuid.js";

const LONGEST = 40; // characters of what cannot be the name of a room
const CALM = 1_000; // ms after which what can wait is loaded, whether there are messages or not
const LATER = ["css/actions.css", "css/writing.css", "css/search.css", "css/choices.css"];
const HIDDEN_PACE = 250; // ms between drawings while no frames are drawn

const find = (id) => document.getElementById(id);

await speak(navigator.languages);
translate(document);

const address = new Address((room) => update(() => store.open(room || LOBBY)));
const notice = new Notice(find("notice"));
const status = new Status(find("status"), find("banner"), () => session.reconnect());
const name = new NameDialog(find("name"), (nick) => {
  session.call(nick);
  // Firefox gives the focus back to nobody if the question came before it was anywhere.
  if (document.activeElement === document.body) composer.focus();
});
const panels = [
  new Panel(find("rooms"), find("open-rooms")),
  new Panel(find("people"), find("open-people")),
  new Panel(find("search"), find("open-search")),
];
const rooms = new Rooms(find("rooms"), {
  onJoin: (wanted) => address.go(wanted),
  onLeave: (room) => useTools(() => tools.leave(room)),
  onFocus: () => session.list(),
});
const people = new People(find("people"), find("open-people").querySelector(".count"), () =>
  name.ask({ nick: session.nick, isNeeded: false }),
);
const log = new Log(find("log"), {
  lines: find("lines"),
  earlier: find("earlier"),
  onEarlier: () => update(() => store.room.history.goBack()),
  onLater: () => update(() => store.room.history.goOn()),
  onMissing: look,
  onPlace: (room) => {
    tools?.place(room);
    if (room.isAtEnd === log.follows) return;
    store.follow(room, log.follows);
    schedule();
  },
});
const composer = new Composer(find("composer"), {
  onSend: (text, draft, done) => {
    const isCommand = text.startsWith("/") && !draft.edit;
    if (isCommand) useTools(() => tools.command(text, draft, done));
    else if (say(text, draft)) done();
  },
  onTooLong: (count, limit) => notice.tell(t("composer.tooLong", { count, limit })),
});

let calm; // to be called when the first messages are drawn
const calmed = new Promise((resolve) => {
  calm = resolve;
  setTimeout(resolve, CALM);
});
let cache = null; // both until they are loaded
let outbox = null;
// After an earlier visit there may be messages in the cache, which are shown first of all.
const installed = (recall("session") ? Promise.resolve() : calmed).then(() => import("./storage/installed.js"));

let tools = null; // until they are loaded
const loading = calmed
  .then(() => Promise.all([import("./deferred.js"), ...LATER.map(loadStyle)]))
  .then(([{ Tools }]) => {
    tools = new Tools({ store, session, address, notice, name, panels, log, composer, say, put, look, update });
    schedule();
  });

find("lifeless").remove();
if ("WebSocket" in window) begin();
else status.fail(t("page.noWebSockets"));

function begin() {
  showOn({
    onState: (state) => status.show(state),
    onChange: () => {
      outbox?.keep(store.unsent);
      schedule();
    },
    onNameRefused: ({ nick, error, isNeeded }) => name.ask({ nick, fault: reasonOf(error), isNeeded }),
    onRoomRefused: (room, error) => notice.tell(refusal(room, error)),
  });
  schedule();
  listen();
  if (!session.nick) name.ask({ isNeeded: true });
  // Without these the page works as long as it is open.
  installed.then(usePersistence).catch(() => {});
  loading.catch(() => {}); // useTools tells it
}

async function usePersistence({ install }) {
  const onInherit = (left) => update(() => store.restore(left));
  ({ cache, outbox } = install({ onOpen: (room) => address.go(room), onInherit }));
  outbox.open();
  outbox.keep(store.unsent);
  const kept = await cache.recall();
  update(() => store.recallLines(kept));
}

/** Whether something would be lost with the page. */
function isUnkept() {
  return outbox ? !outbox.isKept : store.unsent.length > 0;
}

function listen() {
  for (const sign of ["online", "offline", "pageshow"]) addEventListener(sign, () => session.hurry());
  addEventListener("beforeunload", (event) => isUnkept() && event.preventDefault());
  document.addEventListener("visibilitychange", () => {
    update(() => store.watch(!document.hidden));
    if (!document.hidden) session.hurry();
  });
  find("lines").addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    const { act, cid, seq, emoji } = button?.dataset ?? {};
    if (act === "jump") update(() => store.room.jump(Number(seq)));
    if (act === "react") {
      const on = button.ariaPressed !== "true";
      put({ t: "react", seq: Number(seq), emoji, on });
    }
    if (!["retry", "delete"].includes(act)) return;
    update(() => (act === "retry" ? store.retry(cid) : store.discard(cid)));
    composer.focus();
  });
}

/** Says what was drafted in the room that is shown; returns whether that is taken. */
function say(text, { reply, edit }) {
  if (edit) return amend(text, edit);
  const isTaken = put({ t: "send", text, ...(reply && { reply: reply.seq, epoch: reply.epoch }) });
  if (isTaken) log.goToEnd();
  return isTaken;
}

/** Gives a message another text, or what waits to become one; returns whether that is taken. */
function amend(text, { cid, before, epoch, seq = store.seqOf(cid) }) {
  if (text === before) return true;
  if (seq) return put({ t: "edit", seq, text, ...(epoch && { epoch }) });
  let isTaken = false;
  update(() => {
    isTaken = store.rewrite(cid, text);
  });
  if (!isTaken) notice.tell(t("composer.between"));
  return isTaken;
}

/** Does something that is kept, and tells if there is no room for it; returns whether there is. */
function put(request) {
  let isTaken = false;
  update(() => {
    isTaken = store.put({ ...request, cid: uuid() }, Date.now());
  });
  if (!isTaken) notice.tell(t("composer.full"));
  return isTaken;
}

/** Gets a message of the room that is shown which is answered and not known. */
function look(seq) {
  if (store.room.history.quote(seq)) session.act();
}

/** Lets the user's wish change the store, and the server know of it. */
function update(change) {
  const before = store.active;
  change();
  if (store.active !== before) panels.forEach((panel) => panel.close());
  session.act();
}

/** Draws with the next frame, however much changes until then. */
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
  const { room, me, limits } = store;
  showRoom(room);
  rooms.show(store.rooms, store.active, store.listed);
  people.show(room, me);
  log.show(room, me);
  log.forget([...store.rooms.values()]);
  tools?.show(room);
  marks.keep(store.marks);
  composer.show(room, limits.text);
  if (room.history.isKnown) calm();
  if (!store.isWelcome) return;
  cache?.keep([...store.rooms.values()]);
  remember("nick", me.nick);
  remember("me", me);
  remember("session", store.session);
  remember("room", store.active);
  roomList.keep([...store.rooms.keys()]);
}

function showRoom(room) {
  const { isKnown } = room.history;
  const isEmpty = !room.messages.length && !room.outgoing.length && !room.notes.length;
  find("empty").hidden = !isEmpty || !(isKnown || status.isAway);
  const [title, hint] = find("empty").querySelectorAll("h2, p");
  setText(title, t(isKnown ? "log.empty" : "log.unknown"));
  setText(hint, t(isKnown ? "log.begin" : "log.wait"));
  setText(find("room"), room.name);
  setText(find("topic"), room.topic);
  const unread = [...store.rooms.values()].some((other) => other !== room && other.unread);
  find("open-rooms").classList.toggle("news", unread);
  address.show(room.name);
}

/** Does something with the tools as soon as they are here. */
function useTools(use) {
  loading.then(use, () => notice.tell(t("page.incomplete")));
}

/** Gives the page a further style sheet; resolves when it is here, or will not be. */
function loadStyle(path) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL(`../${path}`, import.meta.url);
  return new Promise((resolve) => {
    link.onload = link.onerror = resolve;
    document.head.append(link);
  });
}

/** Why there is no such room; its name may be anything, and as long as an address can be. */
function refusal(room, error) {
  const name = room.length > LONGEST ? `${room.slice(0, LONGEST)}…` : room;
  return t("page.refused", { room: `\u2068${name}\u2069`, reason: reasonOf(error) });
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
