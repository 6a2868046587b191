// Has the user choose files, in a window of the browser or of the phone.

import { make } from "../panels/make.js";

/** Calls `onChosen` with what the user chooses; `accept`, `capture` and `multiple` are as an input has them. */
export function chooseFiles({ accept = "", capture = "", multiple = true }, onChosen) {
  const input = make("input", { type: "file", accept, multiple, hidden: true });
  if (capture) input.setAttribute("capture", capture);
  document.getElementById("composer").append(input); // Safari forgets one that is nowhere
  for (const end of ["change", "cancel"]) input.addEventListener(end, () => input.remove());
  input.addEventListener("change", () => onChosen([...input.files]));
  input.click();
}
