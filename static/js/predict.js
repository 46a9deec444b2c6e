/** One picture to POST /predict; resolves with the status and the JSON, never rejects. */
export function predict({ url, token, file, onProgress }) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const offline = () =>
      resolve({ status: 0, body: { detail: "The site did not answer. Check your connection." } });
    request.open("POST", url);
    request.setRequestHeader("X-CSRFToken", token);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () =>
      resolve({
        status: request.status,
        body: request.response ?? { detail: "The site answered with an error. Try again later." },
        retryAfter: Number(request.getResponseHeader("Retry-After")) || 0,
      }),
    );
    request.addEventListener("error", offline);
    request.addEventListener("timeout", offline);
    const form = new FormData();
    form.append("file", file, file.name || "pasted picture");
    request.send(form);
  });
}
