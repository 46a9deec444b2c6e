/** One row of the queue: what a visitor sees of a picture on its way. */
export class QueueItem {
  constructor(template, file, onRetry) {
    this.file = file;
    this.name = file.name || "Pasted picture";
    this.done = false;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.find(".queue__name").textContent = this.name;
    this.find(".queue__name").title = this.name;
    this.find("[data-retry]").addEventListener("click", () => onRetry(this));
    this.#showPicture();
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  waiting(text = "Waiting") {
    this.done = false;
    this.element.classList.remove("queue__item--failed");
    this.find("[data-retry]").hidden = true;
    this.find("progress").hidden = false;
    this.find("progress").value = 0;
    this.#say(text);
  }

  progress(share) {
    this.find("progress").value = share;
    this.#say(share < 1 ? `Sending, ${Math.round(share * 100)}%` : "Looking at it");
    // Without a value the bar moves by itself: the detector reports no progress.
    if (share >= 1) this.find("progress").removeAttribute("value");
  }

  finished(answer, resultUrl) {
    this.#end(`${likelihood(answer.ai_probability)} likely to be AI`);
    this.find(`[data-verdict="${answer.label}"]`).hidden = false;
    const link = this.find("[data-details]");
    link.href = resultUrl;
    link.querySelector("span").textContent = ` on ${this.name}`;
    link.hidden = false;
  }

  failed(detail, canRetry) {
    this.#end(detail);
    this.element.classList.add("queue__item--failed");
    this.find("[data-retry]").hidden = !canRetry;
  }

  #end(text) {
    this.done = true;
    this.find("progress").hidden = true;
    this.#say(text);
  }

  #say(text) {
    this.find(".queue__state").textContent = text;
  }

  /** The visitor's own file, shown by the browser; some formats it cannot show. */
  #showPicture() {
    const image = this.find("img");
    image.addEventListener("load", () => {
      image.hidden = false;
      this.find(".queue__picture .icon").toggleAttribute("hidden", true);
      URL.revokeObjectURL(image.src);
    });
    image.addEventListener("error", () => URL.revokeObjectURL(image.src));
    image.src = URL.createObjectURL(this.file);
  }
}

function likelihood(probability) {
  if (probability > 0.99) return "over 99%";
  if (probability < 0.01) return "under 1%";
  return `${Math.round(probability * 100)}%`;
}
