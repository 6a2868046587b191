// Emoticons and the codes of emoji, which become emoji as they are typed. Pure.

const EMOTICONS = {
  ":)": "🙂", ":-)": "🙂", ":(": "🙁", ":-(": "🙁", ":D": "😃", ":-D": "😃", ";)": "😉", ";-)": "😉", ":P": "😛", ":-P": "😛",
  ":p": "😛", ":o": "😮", ":O": "😮", ":-O": "😮", ":'(": "😢", ":|": "😐", ":-|": "😐", ":*": "😘", "<3": "❤️", "</3": "💔",
};
const WORD = /(?<!\S)(\S{2,3})(\s?)$/; // the last word, and the blank that ends it
const CODE = /(?<![\p{L}\p{N}:])(:[+\-\w]+:)$/u;

/**
 * Returns what becomes an emoji in the text before the caret: {start, end, emoji}; null if nothing does. An emoticon does
 * once a blank follows, or if `isSent`; a code with its second colon, if `emojiOf` knows it. Code is left alone.
 */
export function emojiBefore(text, { isSent = false, emojiOf = () => null } = {}) {
  if (text.startsWith("/") || text.split("`").length % 2 === 0) return null; // a command, or within backticks
  const [, word, blank] = WORD.exec(text) ?? [];
  if (word && (blank || isSent) && Object.hasOwn(EMOTICONS, word)) {
    const end = text.length - blank.length;
    return { start: end - word.length, end, emoji: EMOTICONS[word] };
  }
  const [, code] = CODE.exec(text) ?? [];
  const emoji = code ? emojiOf(code) : null;
  return emoji && emoji !== code ? { start: text.length - code.length, end: text.length, emoji } : null;
}
