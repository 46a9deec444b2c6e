/** One picture to the API; resolves with status, JSON and Retry-After, never rejects. */
export function predictFile({ url, token, file, signal, onProgress }) {
  const form = new FormData();
  form.append("file", file, file.name || "pasted picture");
  return post({ url, token, body: form, signal, onProgress });
}

export function predictAddress({ url, token, address, signal }) {
  return post({ url, token, body: JSON.stringify({ address }), type: "application/json", signal });
}

// XMLHttpRequest, because fetch() does not tell how much of a body is sent.
function post({ url, token, body, type, signal, onProgress }) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const fail = (detail) => () => resolve({ status: 0, body: { detail }, retryAfter: 0 });
    const offline = fail(gettext("The site did not answer. Check your connection."));
    request.open("POST", url);
    request.setRequestHeader("X-CSRFToken", token);
    if (type) request.setRequestHeader("Content-Type", type);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress?.(event.loaded / event.total);
    });
    request.addEventListener("load", () =>
      resolve({
        status: request.status,
        body: request.response ?? {
          detail: gettext("The site answered with an error. Try again later."),
        },
        retryAfter: Number(request.getResponseHeader("Retry-After")) || 0,
      }),
    );
    request.addEventListener("error", offline);
    request.addEventListener("timeout", offline);
    request.addEventListener("abort", fail(""));
    signal.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}
