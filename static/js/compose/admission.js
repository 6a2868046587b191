// Which files a drop brings, and which of some files can go with a message. Pure.

/**
 * Divides files into those that can be added to `count` others, and the faults of the rest: { fault, name, size }, where
 * the fault is "empty", "large" (beyond `bytes`, for what is no picture that gets smaller) or "many" (beyond `most`).
 */
export function admit(files, { count, most, bytes, shrinks }) {
  const taken = [];
  const faults = [];
  for (const file of files) {
    const fault = faultOf(file, { count: count + taken.length, most, bytes, shrinks });
    if (fault) faults.push({ fault, name: file.name, size: file.size });
    else taken.push(file);
  }
  return { taken, faults };
}

function faultOf(file, { count, most, bytes, shrinks }) {
  if (!file.size) return "empty";
  if (file.size > bytes && !shrinks(file)) return "large";
  return count >= most ? "many" : null;
}

/** Returns the files of a drop, and how many folders were among them. */
export function droppedFiles(data) {
  const items = [...(data?.items ?? [])].filter(({ kind }) => kind === "file");
  const isFolder = (item) => Boolean(item.webkitGetAsEntry?.()?.isDirectory);
  const files = items.filter((item) => !isFolder(item)).map((item) => item.getAsFile()).filter(Boolean);
  return items.length ? { files, folders: items.filter(isFolder).length } : { files: [...(data?.files ?? [])], folders: 0 };
}
