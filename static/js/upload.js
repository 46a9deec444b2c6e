/** The upload page with a script: drop, pick or paste many pictures, two at a time. */
import { predict } from "./predict.js";
import { QueueItem } from "./queue-item.js";

const MAX_IN_FLIGHT = 2;
// Too many requests of this visitor, or of all.
const COME_BACK = new Set([429, 503]);
// Errors that another try can mend; the others are about the picture itself.
const TEMPORARY = new Set([0, 403, 500, 502, 503, 504]);

const form = document.querySelector("[data-upload]");
const input = form.querySelector("input[type=file]");
const dropzone = form.querySelector("[data-dropzone]");
const section = document.querySelector("[data-queue]");
const template = document.querySelector("[data-queue-template]");

const items = [];
const waiting = [];
let inFlight = 0;

function add(files) {
  const pictures = [...files];
  if (!pictures.length) return;
  section.hidden = false;
  for (const file of pictures) {
    const item = new QueueItem(template, file, enqueue);
    items.push(item);
    section.querySelector("[data-queue-list]").append(item.element);
    enqueue(item);
  }
  section.scrollIntoView({ block: "nearest" });
}

function enqueue(item) {
  if (item.file.size > Number(form.dataset.maxBytes)) {
    const megabytes = Number(form.dataset.maxBytes) / 2 ** 20;
    item.failed(`The file is larger than ${megabytes} MB. Choose a smaller copy.`, false);
    count();
    return;
  }
  item.waiting();
  waiting.push(item);
  work();
}

function work() {
  count();
  while (inFlight < MAX_IN_FLIGHT && waiting.length) {
    inFlight += 1;
    send(waiting.shift()).finally(() => {
      inFlight -= 1;
      work();
    });
  }
}

async function send(item) {
  const answer = await predict({
    url: form.dataset.predictUrl,
    token: form.elements.csrfmiddlewaretoken.value,
    file: item.file,
    onProgress: (share) => item.progress(share),
  });
  if (COME_BACK.has(answer.status) && answer.retryAfter) {
    await pause(item, answer.retryAfter);
    return send(item);
  }
  if (answer.status === 200) {
    item.finished(answer.body, form.dataset.resultUrl.replace(/[0-9a-f-]{36}/, answer.body.id));
  } else {
    item.failed(answer.body.detail, TEMPORARY.has(answer.status));
  }
  announce(item);
}

async function pause(item, seconds) {
  for (let left = seconds; left > 0; left -= 1) {
    item.waiting(`Many pictures at once: going on in ${left} s`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

function count() {
  const done = items.filter((item) => item.done).length;
  section.querySelector("[data-queue-count]").textContent =
    items.length > 1 ? `${done} of ${items.length} done` : "";
}

function announce(item) {
  const verdict = item.find("[data-verdict]:not([hidden])")?.textContent.trim() ?? "Not checked";
  const state = item.find(".queue__state").textContent;
  section.querySelector("[data-queue-status]").textContent = `${item.name}: ${verdict}. ${state}`;
}

function listen() {
  form.classList.add("upload--scripted");
  form.querySelector("[data-submit]").hidden = true;
  form.querySelector("[data-needs-script]").hidden = false;
  form.querySelector("label[for=file]").textContent = "Choose pictures";
  input.multiple = true;
  input.required = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("change", () => {
    add(input.files);
    input.value = "";
  });
  document.addEventListener("paste", (event) => add(event.clipboardData?.files ?? []));
  // A picture dropped beside the zone would otherwise replace the page.
  window.addEventListener("dragover", (event) => {
    event.preventDefault();
    dropzone.classList.add("dropzone--over");
  });
  window.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) dropzone.classList.remove("dropzone--over");
  });
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    dropzone.classList.remove("dropzone--over");
    add(event.dataTransfer?.files ?? []);
  });
}

listen();
