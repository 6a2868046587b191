// Dialogs that are removed when they are closed.

const GAP = 8; // px between a dialog and what it is beside

/** Opens a dialog with some content and an accessible name. */
export function open(className, label, ...content) {
  const dialog = document.createElement("dialog");
  dialog.className = className;
  dialog.ariaLabel = label;
  dialog.append(...content);
  dialog.addEventListener("close", () => dialog.remove());
  // A click on the backdrop closes it.
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Moves a dialog beside a place on the page, unless it is nearly as wide as the page. */
export function beside(dialog, { top, bottom, left, right }) {
  const { width, height } = dialog.getBoundingClientRect();
  if (width > innerWidth / 2) return;
  const above = top - height - GAP;
  const below = Math.min(bottom + GAP, innerHeight - height - GAP);
  dialog.style.margin = "0";
  dialog.style.top = `${Math.max(above >= GAP ? above : below, GAP)}px`;
  const start = right - width >= GAP ? right - width : left; // towards the side with more room
  dialog.style.left = `${Math.max(Math.min(start, innerWidth - width - GAP), GAP)}px`;
}

/** Asks a yes-no question, with more `fields` to fill in if need be; resolves to whether the answer is yes. */
export function ask(question, { yes, no, detail = "", fields = [] }) {
  return new Promise((resolve) => {
    const buttons = [button(no, "small"), button(yes, "danger")];
    const line = document.createElement("span");
    line.className = "answers";
    line.append(...buttons);
    const parts = [paragraph(question), detail && paragraph(detail, "detail"), ...fields, line];
    const dialog = open("question", question, ...parts.filter(Boolean));
    let answer = false;
    buttons.forEach((one, place) =>
      one.addEventListener("click", () => {
        answer = place === 1;
        dialog.close();
      }),
    );
    dialog.addEventListener("keydown", ({ key, target, isComposing }) => {
      if (key === "Enter" && target.type === "text" && !isComposing) buttons[1].click();
    });
    dialog.addEventListener("close", () => resolve(answer));
    buttons[0].focus();
  });
}

function button(words, className) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = className;
  element.textContent = words;
  return element;
}

function paragraph(words, className = "") {
  const element = document.createElement("p");
  element.className = className;
  element.dir = "auto";
  element.textContent = words;
  return element;
}
