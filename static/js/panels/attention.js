// Draws attention to unread messages: title, the app's badge, notifications, sound.

import { cut } from "../i18n/characters.js";
import { t } from "../i18n/strings.js";
import { nickOf, plainWords } from "../log/row.js";
import { isGuest } from "../storage/guest.js";
import { recall, remember, watch } from "../storage/storage.js";
import { uuid } from "../uuid.js";
import { loadDialog } from "./dialog-loading.js";
import { button, make } from "./make.js";

const TEXT = 200; // characters of a message that a notification shows
const CHAT = document.querySelector("meta[name=application-name]").content;
const WINDOW = uuid(); // tells a guest window's notifications from those of others

/**
 * Notifications and sound are for what the user wants to be told of in each room, by `wishes`, which is mentions if
 * nothing else is said, and off until the user ticks them in `panel`. Calls
 * `onOpen` with the room of a clicked notification, and `onRefused` if the browser does not allow
 * notifications.
 */
export class Attention {
  #notify;
  #sound;
  #on;
  #wishes;
  #badge = 0;
  #legend = make("legend");

  constructor(panel, wishes, handlers) {
    this.#wishes = wishes;
    const notify = (this.#notify = make("input", { id: "notify", type: "checkbox" }));
    const sound = (this.#sound = make("input", { id: "sound", type: "checkbox" }));
    this.#on = handlers;
    const boxes = [
      make("label", {}, notify, " ", t("attention.notify")),
      make("label", {}, sound, " ", t("attention.sound")),
    ];
    const more = button(t("notify.more"), () => this.#openMore());
    panel.append(make("fieldset", { className: "settings" }, this.#legend, ...boxes, more));
    watch("calm", () => this.#tellCalm());
    this.#tellCalm();
    notify.checked = recall("notify") === true && permission() === "granted";
    sound.checked = recall("sound") === true;
    notify.closest("label").hidden = permission() === "none";
    notify.addEventListener("change", () => this.#ask());
    sound.addEventListener("change", () => {
      remember("sound", sound.checked);
      if (sound.checked) this.#play(); // as an example; browsers also require a click before sound
    });
  }

  /** Plays the sound, as an example. */
  play() {
    this.#play();
  }

  /** Shows the number of unread messages in rooms that are not muted, and whose they are in a guest window. */
  show(room, rooms, me) {
    const heard = rooms.filter(({ name }) => this.#wishes.of(name).tell !== "nothing");
    const unread = heard.reduce((sum, one) => sum + one.unread, 0);
    document.getElementById("open-rooms").classList.toggle("news", heard.some((one) => one !== room && one.unread));
    const title = t(unread ? "page.titleUnread" : "page.title", { count: unread, room: room.label, chat: CHAT });
    const whole = isGuest && me ? `${me.nick} · ${title}` : title;
    if (document.title !== whole) document.title = whole;
    if (unread === this.#badge || isGuest) return; // the app's is that of the browser's own person
    this.#badge = unread;
    navigator.setAppBadge?.(unread).catch(() => {}); // fails if the page is not installed
  }

  /** Handles new messages as the store returns them: { room, label, event, isMention, isSeen }. */
  tell(news) {
    const missed = news.filter((one) => !one.isSeen && this.#isWanted(one));
    if (!missed.length || this.#isCalm) return;
    if (this.#sound.checked) this.#play();
    if (document.hidden && this.#notify.checked) missed.forEach((one) => this.#notifyOf(one));
  }

  get #isCalm() {
    return recall("calm") === true;
  }

  #tellCalm() {
    this.#legend.textContent = t(this.#isCalm ? "notify.titleCalm" : "attention.title");
  }

  async #openMore() {
    const { openNotifications } = await loadDialog(import("./notifications.js"), this.#on.onIncomplete);
    openNotifications({ isCalm: this.#isCalm, words: this.#on.words() }, {
      onCalm: (isCalm) => {
        remember("calm", isCalm);
        this.#tellCalm();
      },
      onWords: (words) => {
        remember("words", words);
        this.#on.onWords(words);
      },
      onPlay: () => this.#play(),
      onShow: (words) => notifyOf(words, { tag: "trio-chat" }),
    });
  }

  async #ask() {
    if (this.#notify.checked && permission() !== "granted") {
      this.#notify.checked = (await Notification.requestPermission()) === "granted";
      if (!this.#notify.checked) this.#on.onRefused();
    }
    remember("notify", this.#notify.checked);
  }

  #isWanted({ room, isMention }) {
    const { tell } = this.#wishes.of(room);
    return tell === "all" || (tell === "mentions" && isMention);
  }

  #notifyOf({ room, label, event, isMention }) {
    const title = t(isMention ? "attention.mention" : "attention.message", { nick: nickOf(event.from), room: label });
    const body = cut(plainWords(event), TEXT);
    const options = { body, tag: `trio-chat ${isGuest ? `${WINDOW} ` : ""}${room}`, data: { room } };
    notifyOf(title, options, () => this.#on.onOpen(room));
  }

  #play() {
    import("./sound.js").then(({ play }) => play(), this.#on.onIncomplete);
  }
}

/** Shows a notification; a click shows the page, and calls `onClick`. */
function notifyOf(title, options, onClick = () => {}) {
  try {
    const notification = new Notification(title, options);
    notification.onclick = () => {
      window.focus();
      notification.close();
      onClick();
    };
  } catch {
    // On phones only the service worker can show notifications, and it knows no guests.
    if (!isGuest) navigator.serviceWorker?.ready.then((worker) => worker.showNotification(title, options));
  }
}

/** Returns "default", "granted", "denied", or "none" without notifications. */
export function permission() {
  return "Notification" in window ? Notification.permission : "none";
}
