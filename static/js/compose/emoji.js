// The emoji that are offered by name, the most common ones first. Others can be typed.

const NAMED = `
👍 thumbsup +1 yes|❤️ heart love|😂 joy laugh|🎉 tada party|😮 wow surprised|😢 sad cry|🙏 thanks pray
👀 eyes look|😄 smile happy|😃 smiley|😀 grin|😁 beaming|😆 laughing|😅 sweat_smile|🤣 rofl|🙂 slight_smile
🙃 upside_down|😉 wink|😊 blush|😇 angel|🥰 loving|😍 heart_eyes|🤩 star_struck|😘 kiss|😋 yum|😛 tongue
😜 crazy|🤪 zany|🤗 hug|🤭 oops|🤫 shush|🤔 thinking hmm|🤐 zipped|🤨 doubt|😐 neutral|😑 expressionless
😶 speechless|😏 smirk|😒 unamused|🙄 eyeroll|😬 grimace|😌 relieved|😔 pensive|😪 sleepy|😴 sleeping zzz
😷 mask|🤒 ill|🤕 hurt|🤢 sick|🥵 hot|🥶 cold|🥴 dizzy|🤯 mind_blown|🤠 cowboy|🥳 celebrate|😎 cool sunglasses
🤓 nerd|🧐 monocle|😕 confused|😟 worried|🙁 frown|😯 hushed|😲 astonished|😳 flushed|🥺 pleading|😨 fearful
😰 anxious|😥 disappointed|😭 sob|😱 scream|😖 confounded|😣 persevere|😞 down|😓 sweat|😩 weary|😫 tired
🥱 yawn|😤 huff|😡 rage|😠 angry|🤬 cursing|😈 devil|💀 skull dead|💩 poop|🤡 clown|👻 ghost|👽 alien
🤖 robot|😺 cat|🙈 see_no_evil|🙉 hear_no_evil|🙊 speak_no_evil|👋 wave hello bye|🤚 hand|✋ stop|👌 ok
🤏 pinch|✌️ victory peace|🤞 fingers_crossed luck|🤘 rock|🤙 call_me|👈 left|👉 right|👆 up|👇 down_here
👎 thumbsdown -1 no|✊ fist|👊 punch|👏 clap|🙌 hooray|👐 open_hands|🤝 handshake deal|💪 muscle strong
🧠 brain|🤷 shrug|🤦 facepalm|🙋 raising_hand|🙇 bow|💔 broken_heart|💙 blue_heart|💚 green_heart
💛 yellow_heart|💜 purple_heart|🖤 black_heart|💯 100|💥 boom|💫 dizzy_star|💤 snooze|🔥 fire|✨ sparkles
⭐ star|⚡ zap lightning|☀️ sun|🌧️ rain|❄️ snow|🌈 rainbow|🌍 earth|🌙 moon|🌸 blossom|🌹 rose|🌻 sunflower
🌲 tree|🍀 clover|🐶 dog|🐱 kitty|🐭 mouse|🦊 fox|🐻 bear|🐼 panda|🐸 frog|🐵 monkey|🐔 chicken|🐧 penguin
🦆 duck|🦉 owl|🐝 bee|🐛 bug|🦋 butterfly|🐌 snail|🐢 turtle|🐍 snake|🐙 octopus|🐟 fish|🐳 whale|🦄 unicorn
🍎 apple|🍌 banana|🍋 lemon|🍓 strawberry|🍕 pizza|🍔 burger|🍟 fries|🌮 taco|🍣 sushi|🍪 cookie|🎂 cake
🍫 chocolate|🍿 popcorn|☕ coffee|🍵 tea|🍺 beer|🍻 cheers|🥂 toast|🍷 wine|⚽ soccer|🏀 basketball|🎮 game
🎲 dice|🎯 target|🏆 trophy|🥇 gold|🎁 gift|🎈 balloon|🎵 music note|🎸 guitar|🎨 art|📷 camera|💡 idea bulb
📌 pin|📎 paperclip|📝 memo write|📚 books|📅 calendar|📈 chart|🔍 search|🔒 lock|🔑 key|🔨 hammer|🔧 wrench
⚙️ gear|🧪 test_tube|💻 laptop|📱 phone|⏰ alarm|⏳ hourglass|💰 money|✉️ mail|📦 package ship|🚀 rocket
🚗 car|🚲 bike|✈️ plane|🚂 train|🏠 house home|🏖️ beach|⛰️ mountain|✅ check done|❌ x cross|❓ question
❗ exclamation|⚠️ warning|🚫 forbidden|♻️ recycle|➕ plus|🆗 okay|🏁 finish|🚧 construction|🏳️‍🌈 pride
`;

/** All emoji with names: { emoji, names }. */
export const EMOJI = NAMED.trim()
  .split(/[|\n]/)
  .map((line) => line.split(" "))
  .map(([emoji, ...names]) => ({ emoji, names }));

/** The most common reactions. */
export const USUAL = EMOJI.slice(0, 8).map(({ emoji }) => emoji);

const segmenter = Intl.Segmenter && new Intl.Segmenter();
const PICTURE = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u;
const LENGTH_LIMIT = 32; // characters that the server accepts

/** Returns the emoji of a name, with or without colons, or of a text that is one; else null. */
export function emojiOf(text) {
  const name = text.replaceAll(":", "").toLowerCase();
  const named = EMOJI.find(({ names }) => names.includes(name));
  return named?.emoji ?? (isOne(text) ? text : null);
}

function isOne(text) {
  const parts = segmenter ? [...segmenter.segment(text)].length : 1;
  return parts === 1 && [...text].length <= LENGTH_LIMIT && PICTURE.test(text);
}
