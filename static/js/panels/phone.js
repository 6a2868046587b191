// The dialog with the code by which another device goes on as the same person.

import { locale, reasonOf, t } from "../i18n/strings.js";
import { linkTo } from "../net/address.js";
import { open } from "./dialog.js";
import { copyRow } from "./links.js";
import { button, make, teller } from "./make.js";
import { drawCode } from "./qr-drawing.js";

/** Opens the dialog for somebody with a nick; `request` makes a request and returns the answer. */
export function openPhone(nick, request) {
  const [line, tell] = teller();
  const place = make("div");
  const close = button("×", () => dialog.close(), "close plain");
  close.ariaLabel = t("page.close");
  const heading = make("h2", {}, t("phone.title"));
  const dialog = open("phone", t("phone.title"), close, heading, make("p", {}, t("phone.how", { nick })), place, line);
  let timer = null;
  dialog.addEventListener("close", () => clearTimeout(timer));

  const show = (...content) => {
    place.replaceChildren(...content);
    place.querySelector("button")?.focus();
  };
  const offerAnother = (fault) => show(fault, make("p", {}, button(t("phone.again"), renew)));
  async function renew() {
    tell("");
    const answer = await request({ t: "pair" });
    if (!dialog.open) return;
    if (answer.t === "error") offerAnother(make("p", { className: "fault", role: "alert" }, reasonOf(answer)));
    else offer(answer);
  }
  function offer({ code, until }) {
    const link = new URL(`../#pair=${code}`, linkTo("")).href;
    const row = copyRow(link, t("phone.address"), tell);
    const time = new Intl.DateTimeFormat(locale(), { timeStyle: "short" }).format(until);
    show(drawCode(link, t("phone.code", { nick })), row, make("p", {}, t("phone.until", { time })));
    timer = setTimeout(() => offerAnother(make("p", { role: "alert" }, t("phone.over"))), until - Date.now());
  }
  renew();
}
