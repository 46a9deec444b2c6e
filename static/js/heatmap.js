/** The slider that fades the heat map in and out. */
const overlay = document.querySelector("[data-overlay]");
const control = document.querySelector("[data-opacity]");
const slider = control.querySelector("input");

function show() {
  overlay.style.opacity = String(slider.value / 100);
  control.querySelector("output").textContent = `${slider.value}%`;
}

slider.addEventListener("input", show);
control.hidden = false;
show();
