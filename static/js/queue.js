/** The queue of pictures: two on their way at a time, each for itself. */
import { predictAddress, predictFile } from "./predict.js";
import { QueueItem } from "./queue-item.js";

const MAX_IN_FLIGHT = 2;
// Too many requests of this visitor, or of all.
const COME_BACK = new Set([429, 503]);
// Errors that another try can mend; the others are about the picture itself.
const TEMPORARY = new Set([0, 403, 429, 500, 502, 503, 504]);
const TEMPORARY_CODES = new Set(["address_unreachable", "address_timeout", "address_no_picture"]);
const ID = /[0-9a-f-]{36}/;

export class Queue {
  #items = [];
  #waiting = [];
  #running = new Map();

  /** `urls` has `file`, `address`, `result`, and `preview` where there is an account. */
  constructor({ section, template, urls, token, maxBytes }) {
    Object.assign(this, { section, template, urls, token, maxBytes });
    this.#find("[data-cancel-waiting]").addEventListener("click", () => this.cancelWaiting());
  }

  /** `sources` are `{ file }` or `{ address }`. */
  add(sources) {
    if (!sources.length) return;
    this.section.hidden = false;
    const list = this.#find("[data-queue-list]");
    const handlers = {
      onRetry: (item) => this.#enqueue(item),
      onCancel: (item) => this.#cancel(item),
    };
    for (const source of sources) {
      const item = new QueueItem(this.template, source, handlers);
      this.#items.push(item);
      list.append(item.element);
      this.#enqueue(item);
    }
    this.section.scrollIntoView({ block: "nearest" });
  }

  cancelWaiting() {
    const count = this.#waiting.length;
    for (const item of this.#waiting.splice(0)) item.cancelled();
    this.#work();
    this.#find("#queue-title").focus();
    const text = ngettext("%(count)s picture cancelled", "%(count)s pictures cancelled", count);
    this.#announce(interpolate(text, { count }, true));
  }

  /** Say what of a folder was left out. */
  tellLeftOut(text) {
    this.section.hidden = false;
    this.#find("[data-queue-left-out]").hidden = !text;
    this.#find("[data-queue-left-out]").textContent = text;
    this.#announce(text);
  }

  #find(selector) {
    return this.section.querySelector(selector);
  }

  #enqueue(item) {
    if (item.source.file?.size > this.maxBytes) {
      const text = gettext("The file is larger than %(megabytes)s MB. Choose a smaller copy.");
      item.failed(interpolate(text, { megabytes: this.maxBytes / 2 ** 20 }, true), false);
      this.#count();
      return;
    }
    item.waiting();
    this.#waiting.push(item);
    this.#work();
  }

  #cancel(item) {
    const place = this.#waiting.indexOf(item);
    if (place >= 0) this.#waiting.splice(place, 1);
    this.#running.get(item)?.abort();
    item.cancelled();
    this.#announce(item.summary);
    this.#count();
  }

  #work() {
    while (this.#running.size < MAX_IN_FLIGHT && this.#waiting.length) {
      const item = this.#waiting.shift();
      const abort = new AbortController();
      this.#running.set(item, abort);
      this.#send(item, abort.signal).finally(() => {
        // Tried again already, it runs under another signal.
        if (this.#running.get(item) === abort) this.#running.delete(item);
        this.#work();
      });
    }
    this.#count();
  }

  async #send(item, signal) {
    item.starting();
    const answer = await this.#predict(item, signal);
    if (signal.aborted) return;
    const usedUp = answer.body.code === "quota_exceeded";
    if (COME_BACK.has(answer.status) && answer.retryAfter && !usedUp) {
      await pause(item, answer.retryAfter, signal);
      if (!signal.aborted) await this.#send(item, signal);
      return;
    }
    if (answer.status === 200) {
      const { id } = answer.body;
      item.finished(
        answer.body,
        this.urls.result.replace(ID, id),
        this.urls.preview?.replace(ID, id) ?? null,
      );
    } else {
      const canRetry = TEMPORARY.has(answer.status) || TEMPORARY_CODES.has(answer.body.code);
      // Nobody waits for the next day in front of a page.
      item.failed(answer.body.detail, canRetry && !usedUp);
    }
    this.#announce(item.summary);
  }

  #predict(item, signal) {
    const { file, address } = item.source;
    const common = { token: this.token, signal };
    if (address) return predictAddress({ ...common, url: this.urls.address, address });
    const onProgress = (share) => signal.aborted || item.progress(share);
    return predictFile({ ...common, url: this.urls.file, file, onProgress });
  }

  #count() {
    const total = this.#items.length;
    const done = this.#items.filter((item) => item.done).length;
    this.#find("[data-queue-count]").textContent =
      total > 1 ? interpolate(gettext("%(done)s of %(total)s done"), { done, total }, true) : "";
    this.#find("[data-cancel-waiting]").hidden = !this.#waiting.length;
  }

  #announce(text) {
    this.#find("[data-queue-status]").textContent = text;
  }
}

async function pause(item, seconds, signal) {
  for (let left = seconds; left > 0 && !signal.aborted; left -= 1) {
    const text = gettext("Many pictures at once: going on in %(seconds)s s");
    item.waiting(interpolate(text, { seconds: left }, true));
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, 1000);
      signal.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
    });
  }
}
