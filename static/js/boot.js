// Connects to the server while the rest of the page is still being loaded.

import { again } from "./again.js";
import { LOBBY, messageIn, roomIn, socketUrl, trimLink } from "./net/address.js";
import { Connection } from "./net/connection.js";
import { Session } from "./net/session.js";
import { Store } from "./state/store.js";
import { RoomList } from "./storage/room-list.js";
import { keepSecret } from "./storage/secrets.js";
import { namesWith, recall, recallAll, remember, watch } from "./storage/storage.js";

/** The number of the message that the address names, if it does. */
export const sought = messageIn(location);

let putTogether;
const page = new Promise((resolve) => {
  putTogether = resolve;
});
/** Sets the handlers that Session calls; to be called once, when the page is put together. */
export function showOn(handlers) {
  putTogether(handlers);
}
// Calls made before that wait until then, in order.
const tell = (name) => (...told) => page.then((handlers) => handlers[name](...told));

export const store = new Store();
export const roomList = new RoomList();
export const session = new Session(store, (handlers) => new Connection(socketUrl(), handlers), {
  onState: tell("onState"),
  onChange: tell("onChange"),
  onNameRefused: tell("onNameRefused"),
  onRoomRefused: tell("onRoomRefused"),
  onDevice: tell("onDevice"),
});

store.session = recall("session");
for (const name of namesWith("ignored.")) store.ignored.add(name.slice("ignored.".length));
const isByToken = location.hash.startsWith("#token=");
session.access = isByToken ? (await again(() => import("./storage/token.js"))).keepToken() : recall("access");
const isPaired = location.hash.startsWith("#pair=");
const code = isPaired ? (await again(() => import("./storage/pairing.js"))).takeCode() : null;
if (!store.session) session.pair = code;
/** The code by which somebody who is known here may go on as another person. */
export const offered = store.session ? code : null;
if (location.hash) keepSecret(roomIn(location), { hash: trimLink(location.hash) });
session.link = recall("operator");
store.links = new Map(recallAll("link."));
session.key = recall("key", session.key);
remember("key", session.key);
// Two tabs may have stored a key at once, at the first visit; both use the one that is kept.
watch("key", () => (session.key = recall("key", session.key)));
store.me = recall("me"); // the person of the session, most probably
const names = roomList.recall();
if (!names.length && (store.session || code)) {
  store.inherit = (await again(() => import("./state/inheritance.js"))).inherit;
}
for (const name of names) store.enter(name);
store.reading.recall(Object.fromEntries(recallAll("mark.")));
const words = recall("words");
if (Array.isArray(words)) store.reading.heeded.words = words.filter((word) => word && typeof word === "string");
store.reading.watch(!document.hidden);
store.open(roomIn(location) || recall("room") || LOBBY);
const nick = recall("nick");
if ((nick || session.pair) && "WebSocket" in window) session.call(nick && String(nick));
