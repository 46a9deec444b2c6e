/** Says in words what went wrong with a passkey; allauth only writes to the console. */
const problem = document.querySelector("[data-passkey-problem]");
const REASONS = {
  NotAllowedError: "cancelled",
  AbortError: "cancelled",
  InvalidStateError: "known",
  SecurityError: "address",
};

// Without JavaScript, or in a browser without passkeys, nothing offers them.
for (const part of document.querySelectorAll("[data-passkey]")) {
  part.hidden = !globalThis.PublicKeyCredential;
}

document.addEventListener("allauth.error", (event) => {
  if (!problem) return;
  event.preventDefault();
  const reason = REASONS[event.detail.exception?.name] ?? "other";
  problem.textContent = problem.dataset[reason];
  problem.hidden = false;
});
