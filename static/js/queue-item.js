/** One row of the queue: what a visitor sees of a picture on its way. */
const BUTTONS = ["details", "retry", "cancel"];

export class QueueItem {
  #shown = Promise.resolve(false);

  /** `source` is `{ file }` or `{ address }`. */
  constructor(template, source, { onRetry, onCancel }) {
    this.source = source;
    this.name = nameOf(source);
    this.done = false;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.find(".queue__name").textContent = this.name;
    this.find(".queue__name").title = source.address ?? this.name;
    this.find("progress").setAttribute("aria-label", this.name);
    for (const about of this.element.querySelectorAll("[data-about]")) {
      about.textContent = `: ${this.name}`;
    }
    this.find("[data-retry]").addEventListener("click", () => onRetry(this));
    this.find("[data-cancel]").addEventListener("click", () => onCancel(this));
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  /** The verdict and the state in words, for those who listen. */
  get summary() {
    const verdict = this.find("[data-verdict]:not([hidden])")?.textContent.trim();
    const state = this.find(".queue__state").textContent;
    return [this.name, verdict, state].filter(Boolean).join(" – ");
  }

  waiting(text = gettext("Waiting")) {
    this.done = false;
    this.element.classList.remove("queue__item--failed");
    this.find("progress").hidden = false;
    this.find("progress").value = 0;
    this.#say(text);
    this.#offer("cancel");
  }

  /** Its turn has come. Pictures are only drawn now: a folder may hold thousands. */
  starting() {
    if (this.source.file) {
      this.#say(gettext("Sending"));
      this.#shown = this.#show(URL.createObjectURL(this.source.file));
    } else {
      this.find("progress").removeAttribute("value");
      this.#say(gettext("Fetching it"));
    }
  }

  progress(share) {
    this.find("progress").value = share;
    const percent = `${Math.round(share * 100)}%`;
    this.#say(
      share < 1
        ? interpolate(gettext("Sending, %(percent)s"), { percent }, true)
        : gettext("Looking at it"),
    );
    // Without a value the bar moves by itself: the detector reports no progress.
    if (share >= 1) this.find("progress").removeAttribute("value");
  }

  /** `previewUrl` is null for somebody anonymous, of whose picture nothing is kept. */
  finished(answer, resultUrl, previewUrl) {
    this.#end(likelihood(answer.ai_probability));
    this.find(`[data-verdict="${answer.label}"]`).hidden = false;
    this.find("[data-details]").href = resultUrl;
    this.#offer("details");
    this.#showWhatTheBrowserCannot(previewUrl);
  }

  failed(detail, canRetry) {
    this.#end(detail);
    this.element.classList.add("queue__item--failed");
    this.#offer(canRetry ? "retry" : null);
  }

  cancelled() {
    this.#end(gettext("Cancelled"));
    this.#offer("retry");
  }

  #end(text) {
    this.done = true;
    this.find("progress").hidden = true;
    this.#say(text);
  }

  #say(text) {
    this.find(".queue__state").textContent = text;
  }

  /** Show this one button; where the focus was on another, it goes along. */
  #offer(name) {
    const focused = this.find(".queue__result").contains(document.activeElement);
    for (const button of BUTTONS) this.find(`[data-${button}]`).hidden = button !== name;
    if (!focused) return;
    const next = name ? this.find(`[data-${name}]`) : document.querySelector("#queue-title");
    next.focus();
  }

  /** Resolves to whether the browser can show it; it cannot show every format. */
  #show(address) {
    const image = this.find("img");
    return new Promise((resolve) => {
      const settle = (shown) => () => {
        image.hidden = !shown;
        this.find(".queue__picture .icon").toggleAttribute("hidden", shown);
        URL.revokeObjectURL(address);
        resolve(shown);
      };
      image.addEventListener("load", settle(true), { once: true });
      image.addEventListener("error", settle(false), { once: true });
      image.src = address;
    });
  }

  async #showWhatTheBrowserCannot(previewUrl) {
    if (await this.#shown) return;
    if (previewUrl) {
      this.#shown = this.#show(previewUrl);
      return;
    }
    this.find(".queue__note").textContent = this.source.file
      ? gettext("No preview: your browser cannot show this format, and without an account the site keeps no picture.")
      : gettext("No preview: without an account the site keeps no picture.");
    this.find(".queue__note").hidden = false;
  }
}

function nameOf({ file, address }) {
  if (file) return file.name || gettext("Pasted picture");
  const { host, pathname } = new URL(address);
  return readable(pathname.split("/").pop()) || host;
}

function readable(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function likelihood(probability) {
  let text = gettext("%(percent)s likely to be AI");
  let percent = Math.round(probability * 100);
  if (probability > 0.99) {
    text = gettext("over %(percent)s likely to be AI");
    percent = 99;
  } else if (probability < 0.01) {
    text = gettext("under %(percent)s likely to be AI");
    percent = 1;
  }
  return interpolate(text, { percent: `${percent}%` }, true);
}
