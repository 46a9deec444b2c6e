// The history works without this; with it, selecting is quicker and addresses shorter.

// English where the page has no catalogue of translations.
const gettext = globalThis.gettext ?? ((text) => text);
const ngettext =
  globalThis.ngettext ?? ((one, many, count) => (count === 1 ? one : many));

const filters = document.querySelector("[data-filters]");
filters?.addEventListener("formdata", (event) => {
  for (const [name, value] of [...event.formData]) {
    if (value === "") event.formData.delete(name);
  }
});

const form = document.querySelector("[data-selection]");
if (form) selection(form);

function selection(form) {
  const boxes = [...form.querySelectorAll("input[name=ids]")];
  const status = form.querySelector("[data-selected]");
  const all = button(form.querySelector("[data-select-page]"));
  let last = null;

  function tell() {
    const count = boxes.filter((box) => box.checked).length;
    status.textContent = count
      ? ngettext("%s selected", "%s selected", count).replace("%s", count)
      : "";
    all.textContent =
      count === boxes.length
        ? gettext("Select none")
        : gettext("Select all on this page");
  }

  form.querySelector("[data-select-none]")?.remove();
  all.addEventListener("click", () => {
    const check = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = check;
    tell();
  });

  // With Shift, everything since the box before, as in other lists.
  for (const box of boxes) {
    box.addEventListener("click", (event) => {
      if (event.shiftKey && last) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort(
          (a, b) => a - b,
        );
        for (const each of boxes.slice(from, to + 1)) each.checked = box.checked;
      }
      last = box;
      tell();
    });
  }
  tell();
}

// What was a link to a page with everything selected does it at once.
function button(link) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = link.className;
  link.replaceWith(made);
  return made;
}
