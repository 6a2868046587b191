// The sound of a message: two tones.

import { lookOf } from "../storage/look.js";

const TONES = [660, 880]; // Hz, played one after the other
const TONE = 0.12; // s
const LOUDNESS = { quiet: 0.03, normal: 0.1, loud: 0.4 }; // gain

let audio = null;

/** Plays it as loud as the user has chosen; browsers require a click before any sound. */
export function play() {
  audio ??= new AudioContext();
  audio.resume();
  TONES.forEach((frequency, place) => tone(frequency, place * TONE));
}

function tone(frequency, delay) {
  const start = audio.currentTime + delay;
  const gain = new GainNode(audio, { gain: 0 });
  gain.gain.setValueAtTime(LOUDNESS[lookOf("volume")], start);
  gain.gain.exponentialRampToValueAtTime(0.001, start + TONE);
  const one = new OscillatorNode(audio, { frequency });
  one.connect(gain).connect(audio.destination);
  one.start(start);
  one.stop(start + TONE);
}
