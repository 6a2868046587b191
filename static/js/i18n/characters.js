// Characters as readers see them: grapheme clusters, such as a letter with its accents or an emoji. Pure.

const segmenter = Intl.Segmenter && new Intl.Segmenter();
const CODE_POINTS = 4; // of a character on average, at most, where the server counts characters
const ASCII = /^[\n\x20-\x7e]*$/;
const UNSEEN =
  /^[\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb\u{1d159}]*$/u;

/**
 * Returns the number of characters of a text as the server counts them. A browser that does not know
 * clusters counts code points, which are more.
 */
export function lengthOf(text) {
  if (ASCII.test(text)) return text.length;
  const points = [...text].length;
  if (!segmenter) return points;
  let clusters = 0;
  for (const _ of segmenter.segment(text)) clusters += 1;
  return Math.max(clusters, Math.ceil(points / CODE_POINTS));
}

/** Returns the first characters of a text, no more than `limit` code points if they are too many. */
export function cut(text, limit) {
  if (text.length <= limit) return text;
  const points = [...text].slice(0, limit).join("");
  if (!segmenter || points.length === text.length) return points;
  const { index } = segmenter.segment(text).containing(points.length);
  return text.slice(0, index) || points;
}

/** Whether nothing of a text can be seen. */
export function isBlank(text) {
  return UNSEEN.test(text);
}
