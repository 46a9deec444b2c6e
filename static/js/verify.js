/** Hashes the picture here, so that only its SHA-256 is sent. */
const form = document.querySelector("[data-verify]");
// Absent on plain HTTP to another machine; the server hashes the file then.
const hashing = globalThis.crypto?.subtle;

async function digest(file) {
  const bytes = new Uint8Array(await hashing.digest("SHA-256", await file.arrayBuffer()));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

if (form && hashing) {
  const picture = form.elements.namedItem("picture");
  const sha256 = form.elements.namedItem("sha256");

  form.addEventListener("submit", async (event) => {
    const file = picture.files[0];
    if (!file) return;
    event.preventDefault();
    try {
      sha256.value = await digest(file);
      picture.disabled = true;
    } catch {
      // The file cannot be read here; the server says so.
    }
    form.submit();
    picture.disabled = false;
  });
}
