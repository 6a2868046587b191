// The files of a message: pictures as they are, in a grid if there are several, others as rows to download.

import { t } from "../i18n/strings.js";
import { boxOf, cleanName, isPicture, shortName, sizeWords } from "./file-facts.js";

const MOST_LOOKS = 40; // pictures of the user that are kept to be shown until the server's own are there

/** Small copies of the user's own pictures, as data URLs, by the page's key or the server's id. */
const looks = new Map();

/** Keeps a small copy of a picture, for as long as it may be needed. */
export function keepLook(name, look) {
  looks.delete(name);
  looks.set(name, look);
  for (const oldest of looks.keys()) if (looks.size > MOST_LOOKS) looks.delete(oldest);
}

/** Returns the small copy of a picture, if there is one. */
export function lookOf({ key, id }) {
  return looks.get(id) ?? looks.get(key);
}

/** Shows a message's files in an element; `urlOf` returns the address of one. */
export function fill(place, { files }, urlOf) {
  const pictures = files.filter(isPicture);
  const others = files.filter((file) => !isPicture(file));
  const grid = document.createElement("div");
  grid.className = pictures.length > 1 ? "pictures many" : "pictures";
  grid.append(...pictures.map((file) => picture(file, pictures.length === 1, urlOf)));
  place.replaceChildren(...(pictures.length ? [grid] : []), ...others.map((file) => row(file, urlOf)));
}

/** Asks once more for the pictures in an element that did not come. */
export function askAgain(element) {
  for (const image of element.querySelectorAll(".broken img")) {
    image.parentNode.classList.remove("broken");
    image.src = image.src; // eslint-disable-line no-self-assign -- this loads it
  }
}

/** Shows how much of a file is uploaded, from 0 to 1, wherever it is in an element. */
export function showProgress(element, key, share) {
  for (const bar of element.querySelectorAll("progress")) if (bar.dataset.key === key) bar.value = share;
}

function picture(file, isAlone, urlOf) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "picture";
  button.dataset.file = file.id ?? file.key;
  if (isAlone) Object.assign(button.style, boxOf(file));
  const look = lookOf(file);
  if (look) button.style.backgroundImage = `url("${look}")`;
  if (file.id) button.append(image(file, urlOf(file)), ...broken());
  else {
    button.disabled = true;
    button.ariaLabel = wordsOf(file);
    button.append(bar(file));
  }
  return button;
}

/** Returns what an `img` says of a picture. */
export function wordsOf({ alt, name }) {
  return alt || t("files.picture", { name: shortName(name) });
}

function image(file, url) {
  const element = document.createElement("img");
  // It is asked for when it is near, so this is said before the address.
  element.loading = "lazy";
  element.decoding = "async";
  if (file.width) Object.assign(element, { width: file.width, height: file.height });
  element.alt = wordsOf(file);
  element.addEventListener("error", () => element.parentNode?.classList.add("broken"));
  element.addEventListener("load", () => element.parentNode?.classList.add("there"));
  element.src = url;
  return element;
}

function broken() {
  const words = document.createElement("span");
  words.className = "lack";
  words.textContent = t("files.broken");
  return [words];
}

function row(file, urlOf) {
  const line = document.createElement(file.id ? "a" : "div");
  line.className = "file";
  const about = document.createElement("span");
  about.className = "about";
  about.textContent = sizeWords(file.size);
  line.append(icon("file"), nameOf(file), about);
  if (!file.id) {
    line.append(bar(file));
    return line;
  }
  line.href = urlOf(file);
  line.download = cleanName(file.name);
  line.title = t("files.download", { name: cleanName(file.name) });
  line.append(icon("download"));
  return line;
}

/** Returns an element with a file's name, whose letters stay in their order; a name is shortened to `most` characters. */
export function nameOf({ name }, most) {
  const element = document.createElement("bdi");
  element.textContent = shortName(name, most);
  element.title = cleanName(name);
  return element;
}

function bar({ key, name }) {
  const element = document.createElement("progress");
  element.value = 0;
  element.max = 1;
  element.dataset.key = key;
  element.ariaLabel = t("files.uploading", { name: shortName(name) });
  return element;
}

const PATHS = {
  file: "M5 2.5h6.5L15.5 7v10.5h-10.5zM11.5 2.5V7h4",
  download: "M10 3.5v9M6 9l4 4 4-4M4 16.5h12",
  attach: "M14.5 8.5 9 14a2.8 2.8 0 0 1-4-4l6.5-6.5a1.9 1.9 0 0 1 2.7 2.7L8 12.4a.9.9 0 0 1-1.3-1.3L12 5.8",
  camera: "M3 6.5h3l1.5-2h5l1.5 2h3v9.5H3zM10 8.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6",
  pictures: "M3 4h14v12H3zM3 13l4-4 4 4 2-2 4 4M12.8 7.2h.01",
  left: "M12 4.5 6.5 10l5.5 5.5",
  right: "M8 4.5 13.5 10 8 15.5",
};

/** Returns an icon. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(svg.namespaceURI, "path");
  line.setAttribute("d", PATHS[name]);
  svg.append(line);
  return svg;
}
