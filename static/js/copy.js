/** Buttons that copy the text of another element: `data-copy` holds its id. */

const SHOWN_MS = 2500;

function select(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

/** Where there is no clipboard (plain HTTP to another machine) the text is selected. */
async function copy(button) {
  const element = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(element.textContent);
    say(button, button.dataset.copied);
  } catch {
    select(element);
    say(button, button.dataset.failed);
  }
}

function say(button, words) {
  const text = button.querySelector("[data-copy-text]");
  button.dataset.words ??= text.textContent;
  text.textContent = words;
  document.querySelector("[data-copy-status]").textContent = words;
  clearTimeout(button.timer);
  button.timer = setTimeout(() => {
    text.textContent = button.dataset.words;
    document.querySelector("[data-copy-status]").textContent = "";
  }, SHOWN_MS);
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
