// Puts the page together: what the server and the user say goes to the store, the views show it.
//
//   connection ── session ──▶ store ──▶ views: status, rooms, people, log (row), composer, name
//                    ▲   wishes │
//                    └──────────┘
//
// Pure, without DOM: store, room, timeline, entries. The server's side: connection (one WebSocket
// after the other), session (what is said on it). Words: strings, words/. Storage: memory.

import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { Log } from "./log.js";
import { recall, remember, uuid } from "./memory.js";
import { Name } from "./name.js";
import { Outbox } from "./outbox.js";
import { Panel } from "./panels.js";
import { People } from "./people.js";
import { Rooms } from "./rooms.js";
import { Session } from "./session.js";
import { Status } from "./status.js";
import { Store } from "./store.js";
import { reasonOf, speak, t, translate } from "./strings.js";

const LOBBY = "lobby"; // where everybody is who has no other room in the address
const HIDDEN_PACE = 250; // ms between drawings while no frames are drawn

const find = (id) => document.getElementById(id);

speak(navigator.languages);
translate(document);

const store = new Store();
const outbox = new Outbox((left) => want(() => store.restore(left)));
const session = new Session(store, (handlers) => new Connection(address(), handlers), {
  onState: (state) => status.show(state),
  onChange: () => {
    outbox.keep(store.unsent);
    schedule();
  },
  onNameRefused: ({ nick, error, isNeeded }) => name.ask({ nick, fault: reasonOf(error), isNeeded }),
  onRoomRefused: (error) => rooms.refuse(reasonOf(error)),
});
const status = new Status(find("status"), find("banner"), () => session.reconnect());
const name = new Name(find("name"), (nick) => session.call(nick));
const panels = [
  new Panel(find("rooms"), find("open-rooms")),
  new Panel(find("people"), find("open-people")),
];
const rooms = new Rooms(find("rooms"), {
  onJoin: (wanted) => location.assign(`#${encodeURIComponent(wanted)}`),
  onLeave: (left) => want(() => store.leave(left)),
  onFocus: () => session.list(),
});
const people = new People(find("people"), find("open-people").querySelector(".count"), () =>
  name.ask({ nick: session.nick, isNeeded: false }),
);
const log = new Log(find("log"), {
  lines: find("lines"),
  newer: find("newer"),
  earlier: find("earlier"),
  onEarlier: () => want(() => store.goBack()),
});
const composer = new Composer(find("composer"), (text) => {
  log.goToEnd();
  want(() => store.put({ t: "send", text, cid: uuid() }, Date.now()));
});

let addressed = null; // the room that the address names, unless that has to be seen to

find("lifeless").remove();
if ("WebSocket" in window) begin();
else status.fail(t("page.noWebSockets"));

function begin() {
  store.session = recall("session");
  for (const remembered of recall("rooms", [])) store.enter(String(remembered));
  store.watch(!document.hidden);
  store.open(roomInAddress());
  schedule();
  listen();
  outbox.open();
  const nick = recall("nick");
  if (nick) session.call(String(nick));
  else name.ask({ isNeeded: true });
}

function listen() {
  addEventListener("hashchange", () => {
    addressed = null;
    want(() => store.open(roomInAddress()));
  });
  addEventListener("online", () => session.hurry());
  addEventListener("pageshow", () => session.hurry());
  addEventListener("beforeunload", (event) => !outbox.isKept && event.preventDefault());
  document.addEventListener("visibilitychange", () => {
    want(() => store.watch(!document.hidden));
    if (!document.hidden) session.hurry();
  });
  find("lines").addEventListener("click", ({ target }) => {
    const { act, cid } = target.closest("button")?.dataset ?? {};
    if (!act) return;
    want(() => (act === "retry" ? store.retry(cid) : store.discard(cid)));
    composer.focus();
  });
}

/** Lets the user's wish change the store, and the server know of it. */
function want(change) {
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
  composer.show(room.name, limits.text);
  if (!me) return;
  remember("nick", me.nick);
  remember("session", store.session);
  remember("rooms", [...store.rooms.keys()]);
}

function showRoom(room) {
  const isEmpty = room.history === "known" && !room.messages.length && !room.outgoing.length;
  find("empty").hidden = !isEmpty || room.notes.length > 0;
  setText(find("room"), room.name);
  setText(find("topic"), room.topic);
  const unread = [...store.rooms.values()].some((other) => other !== room && other.unread);
  find("open-rooms").classList.toggle("news", unread);
  const count = store.unread;
  document.title = t(count ? "page.titleUnread" : "page.title", { count, room: room.name });
  if (room.name !== addressed) showAddress(room.name);
}

/** Lets the address name the room, but does not undo what the user has just put there. */
function showAddress(room) {
  const hash = `#${encodeURIComponent(room)}`;
  if (location.hash !== hash) history.replaceState(null, "", hash);
  addressed = room;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function roomInAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1)) || LOBBY;
  } catch {
    return LOBBY;
  }
}

/** The WebSocket beside this page, wherever a proxy has put both. */
function address() {
  const url = new URL("ws", document.baseURI);
  url.hash = "";
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}
