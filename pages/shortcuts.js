// Keyboard shortcuts: "g" and the key of a link opens it, "/" goes to the search of the page, "?" lists them.
// Not while somebody types or a dialog is open.
(() => {
  const PAUSE_MS = 1500;
  let pressedG = 0;
  const isTyping = (element) => element.closest("input, textarea, select, [contenteditable=true], [role=combobox]");
  const click = (selector) => document.querySelector(selector)?.click();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isTyping(event.target) || document.querySelector(".q-dialog")) return;
    const afterG = Date.now() - pressedG < PAUSE_MS;
    pressedG = 0;
    if (afterG && /^[a-z]$/.test(event.key)) {
      click(`a[data-key=${event.key}]`);
    } else if (event.key === "g") {
      pressedG = Date.now();
    } else if (event.key === "?") {
      click("[data-key=help]");
    } else if (event.key === "/") {
      const search = [...document.querySelectorAll(".mlapp-search input")].find((each) => each.offsetParent);
      if (!search) return;
      event.preventDefault();
      search.focus();
    }
  });
})();
