// The dialog that tells how to write: marks, commands and keys. It stays until it is closed.

import { t } from "../i18n/strings.js";
import { open } from "./dialog.js";
import { button, make } from "./make.js";

const MARKS = ["**{}**", "*{}*", "~~{}~~", "`{}`", "> {}", "- {}", "1. {}", "[{}](https://…)", "@{}", ":smile: :) <3"];
const NAMES = ["bold", "italic", "struck", "code", "quote", "list", "numbers", "link", "name", "emoji"];

/** Opens the dialog; `commands` are lines about the commands. */
export function openHelp(commands) {
  const mark = (name, place) => {
    const words = t(`mark.${name}`);
    return make("tr", {}, make("th", { scope: "row" }, words), make("td", {}, make("code", { dir: "ltr" }, MARKS[place].replace("{}", t("mark.text")))));
  };
  const close = button(t("page.close"), () => dialog.close(), "");
  const lists = [
    make("h2", {}, t("mark.title")),
    make("table", {}, make("tbody", {}, ...NAMES.map(mark))),
    make("p", {}, t("mark.block")),
    make("h2", {}, t("help.commands")),
    make("ul", {}, ...commands.map(commandLine)),
    make("h2", {}, t("help.keys")),
    make("p", {}, t("help.onMessages")),
    make("p", {}, t("switcher.keys")),
  ];
  const dialog = open("help", t("help.title"), ...lists, close);
  close.focus();
}

/** Returns a line about a command, which reads from the left also where the words do not. */
function commandLine(line) {
  const [command, ...words] = line.split(" – ");
  return make("li", {}, make("bdi", { dir: "ltr" }, command), ` – ${words.join(" – ")}`);
}
