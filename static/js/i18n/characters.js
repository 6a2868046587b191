// Characters, as grapheme clusters. Pure.

const segmenter = Intl.Segmenter && new Intl.Segmenter();
const CODE_POINTS = 4; // of a character on average, at most
const UNSEEN =
  /^[\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb\u{13430}-\u{13442}\u{16fe4}\u{1d159}]*$/u;

/** Returns the number of characters, as the server counts. */
export function lengthOf(text) {
  const points = [...text].length;
  if (!segmenter) return points;
  return Math.max([...segmenter.segment(text)].length, Math.ceil(points / CODE_POINTS));
}

/** Returns the first characters of a text with `limit` code points at most. */
export function cut(text, limit) {
  const part = [...text].slice(0, limit).join("");
  const next = segmenter?.segment(text).containing(part.length); // none at the end
  return text.slice(0, next?.index) || part;
}

/** Whether nothing of a text can be seen. */
export function isBlank(text) {
  return UNSEEN.test(text);
}
