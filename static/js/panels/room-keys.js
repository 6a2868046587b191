// The keys that lead to other rooms, wherever the focus is.

const WAYS = { ArrowUp: -1, ArrowDown: 1 };
const IS_APPLE = /^(Mac|iP)/.test(navigator.platform); // there Ctrl-K deletes to the end of a line

/**
 * Calls `onSwitch` at Ctrl-K, on Apple's computers Cmd-K, and `onStep` at Alt and an arrow, with 1 or -1 and
 * whether Shift was pressed. Not while a dialog is open, nor while an input method composes.
 */
export function listen({ onSwitch, onStep }) {
  const pressed = (event) => {
    if (event.isComposing || event.keyCode === 229 || document.querySelector("dialog[open]")) return;
    const act = meaning(event, { onSwitch, onStep });
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  // Before the field and the log take the arrows.
  document.addEventListener("keydown", pressed, { capture: true });
}

function meaning({ key, altKey, ctrlKey, metaKey, shiftKey }, { onSwitch, onStep }) {
  const [main, other] = IS_APPLE ? [metaKey, ctrlKey] : [ctrlKey, metaKey];
  if (main && !other && !altKey && !shiftKey && key.toLowerCase() === "k") return onSwitch;
  const way = WAYS[key];
  return way && altKey && !ctrlKey && !metaKey ? () => onStep(way, shiftKey) : null;
}
