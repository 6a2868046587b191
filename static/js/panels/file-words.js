// Why a file cannot be sent, in words.

import { reasonOf, t } from "../i18n/strings.js";
import { duration, isolate } from "../log/narration.js";
import { shortName, sizeWords } from "../log/file-facts.js";

const NAMED = 3; // faults that are told one by one
const FINAL = [413, 415, 422]; // statuses that are about the file itself: trying again does not help
const BY_STATUS = { 0: "unreachable", 401: "signedOut", 415: "unreadable", 422: "unreadable", 507: "full" };
const BY_CODE = { no_files: "strangers", too_many_files: "manyWaiting" };

/**
 * Returns why some files were not added: { fault, name, size }, as compose/admission.js has it, and a number of folders;
 * `most` files go with a message, of `bytes` each.
 */
export function faultWords(faults, folders, { most, bytes }) {
  const about = {
    empty: ({ name }) => t("files.empty", { name: shown(name) }),
    large: ({ name, size }) => t("files.tooLarge", { name: shown(name), size: sizeWords(size), limit: sizeWords(bytes) }),
  };
  const lines = faults.filter(({ fault }) => about[fault]).map((one) => about[one.fault](one));
  const isMany = faults.some(({ fault }) => fault === "many");
  const all = [...lines.slice(0, NAMED), lines.length > NAMED && t("files.moreFaults", { count: lines.length - NAMED })];
  return [...all, isMany && t("files.tooMany", { count: most }), folders > 0 && t("files.folder")].filter(Boolean).join(" ");
}

/** Returns why the server did not take a file, from an UploadError; a file may have `limit` bytes, if that is known. */
export function refusalWords({ status, code, text, until }, limit) {
  if (status === 413) return limit ? t("files.tooLargeFor", { limit: sizeWords(limit) }) : t("files.tooLargeHere");
  if (status === 429 && until) return t("files.dayFull", { time: duration(Math.max(1, (until - Date.now()) / 1000)) });
  const key = BY_CODE[code] ?? BY_STATUS[status];
  return key ? t(`files.${key}`) : reasonOf({ code, text });
}

/** Whether trying again may help after an UploadError. */
export function canRetry({ status }) {
  return !FINAL.includes(status);
}

function shown(name) {
  return isolate(shortName(name));
}
