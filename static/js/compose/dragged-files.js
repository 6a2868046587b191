// Which files a clipboard or a drag brings. Pure.

/** Whether a drag brings files; which, is known when they are dropped. */
export function bringsFiles(data) {
  return Boolean(data) && [...data.types].includes("Files");
}

/**
 * Returns the files of a clipboard, or none if its text is meant: programs for texts and tables add a picture of what
 * was copied, and file managers add the names of copied files as a text.
 */
export function pastedFiles(data) {
  const files = [...(data?.files ?? [])];
  const lines = (data?.getData("text/plain") ?? "").split(/\r?\n/).filter(Boolean);
  const isName = (line) => files.some(({ name }) => line.endsWith(name));
  return lines.every(isName) ? files : [];
}
