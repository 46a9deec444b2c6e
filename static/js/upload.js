/** The upload page with a script: drop, pick, photograph, paste, or name an address. */
import { entriesOf, filesBelow } from "./folders.js";
import { Queue } from "./queue.js";

// Of one folder; the page would grow too heavy.
const MAX_OF_A_FOLDER = 1000;

const form = document.querySelector("[data-upload]");
const addressForm = document.querySelector("[data-address]");
const input = form.querySelector("input[type=file]");
const dropzone = form.querySelector("[data-dropzone]");
const accepted = input.accept.split(",");

const queue = new Queue({
  section: document.querySelector("[data-queue]"),
  template: document.querySelector("[data-queue-template]"),
  urls: {
    file: form.dataset.predictUrl,
    address: addressForm?.dataset.predictUrl,
    result: form.dataset.resultUrl,
    preview: form.dataset.previewUrl,
  },
  token: form.elements.csrfmiddlewaretoken.value,
  maxBytes: Number(form.dataset.maxBytes),
});

function addFiles(files) {
  queue.add([...files].map((file) => ({ file })));
}

/** A folder holds other things too; what is named by hand is sent whatever it is. */
function addFolder(files) {
  const pictures = [...files].filter(isPicture);
  const taken = pictures.slice(0, MAX_OF_A_FOLDER);
  addFiles(taken);
  const others = files.length - taken.length;
  const text = ngettext(
    "%(others)s file of the folder was left out.",
    "%(others)s files of the folder were left out.",
    others,
  );
  queue.tellLeftOut(others ? interpolate(text, { others }, true) : "");
}

function isPicture({ name, type }) {
  const ends = (ending) => ending.startsWith(".") && name.toLowerCase().endsWith(ending);
  return accepted.includes(type) || accepted.some(ends);
}

/** Whether the text is an address that the site would fetch. */
function addAddress(text) {
  if (!addressForm || !/^https:\/\/\S+$/.test(text) || !URL.canParse(text)) return false;
  queue.add([{ address: text }]);
  return true;
}

function drop(event) {
  event.preventDefault();
  dropzone.classList.remove("dropzone--over");
  const transfer = event.dataTransfer;
  const folders = entriesOf(transfer).filter((entry) => entry.isDirectory);
  const files = [...(transfer?.files ?? [])];
  if (folders.length) {
    // Among the files a folder looks like one without a type.
    const names = new Set(folders.map((folder) => folder.name));
    addFiles(files.filter((file) => !names.has(file.name)));
    filesBelow(folders).then(addFolder);
  } else if (files.length) {
    addFiles(files);
  } else {
    addAddress(transfer?.getData("text/uri-list").trim() ?? "");
  }
}

function paste(event) {
  const files = event.clipboardData?.files ?? [];
  if (files.length) {
    addFiles(files);
  } else if (!event.target.closest?.("input, textarea")) {
    addAddress(event.clipboardData?.getData("text").trim() ?? "");
  }
}

/** A button that opens a picker of its own. */
function offerPicker(name, add) {
  const picker = form.querySelector(`[data-input=${name}]`);
  const button = form.querySelector(`[data-pick=${name}]`);
  button.hidden = false;
  button.addEventListener("click", () => picker.click());
  picker.addEventListener("change", () => {
    add(picker.files);
    picker.value = "";
  });
}

function listen() {
  form.classList.add("upload--scripted");
  form.querySelector("[data-submit]").hidden = true;
  for (const element of form.querySelectorAll("[data-needs-script]")) element.hidden = false;
  form.querySelector("label[for=file]").textContent = gettext("Choose pictures");
  input.multiple = true;
  input.required = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("change", () => {
    addFiles(input.files);
    input.value = "";
  });
  // A phone has a camera at hand, a desk has folders.
  if (matchMedia("(pointer: coarse)").matches) offerPicker("camera", addFiles);
  else if ("webkitdirectory" in input) offerPicker("folder", addFolder);
  addressForm?.addEventListener("submit", (event) => {
    if (!addAddress(addressForm.elements.address.value.trim())) return;
    event.preventDefault();
    addressForm.elements.address.value = "";
  });
  document.addEventListener("paste", paste);
  // A picture dropped beside the zone would otherwise replace the page.
  window.addEventListener("dragover", (event) => {
    event.preventDefault();
    dropzone.classList.add("dropzone--over");
  });
  window.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) dropzone.classList.remove("dropzone--over");
  });
  window.addEventListener("drop", drop);
}

listen();
