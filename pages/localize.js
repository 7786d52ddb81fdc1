// Shows times and numbers in the zone and the language of the browser. Pages write times as "2026-01-31 09:30 UTC" and
// numbers as "1,234.5"; the time in UTC stays as the tooltip. What is inside translate="no", such as cells of a file, is
// left as it is.
(() => {
  const TIME = /\b(\d{4}-\d\d-\d\d) (\d\d:\d\d)(:\d\d)? UTC\b/g;
  const NUMBER = /(?<![\w.,'])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+)(?!\w|[.,]\d)/g;
  const KEPT = '[translate="no"], code, pre, textarea, script, style, .mlapp-prose';
  const language = navigator.language;
  const parts = new Intl.NumberFormat(language, {useGrouping: "always"}).formatToParts(12345.6);
  const part = (type) => parts.find((each) => each.type === type)?.value ?? "";
  const [decimal, group] = [part("decimal"), part("group")];
  const isEnglish = decimal === "." && group === ",";
  const written = new WeakMap();

  const format = (options) => (text) =>
    new Intl.DateTimeFormat(language, options).format(new Date(text.replace(" UTC", "Z").replace(" ", "T")));
  const minutes = format({dateStyle: "medium", timeStyle: "short"});
  const seconds = format({dateStyle: "medium", timeStyle: "medium"});
  window.mlappClock = format({hour: "2-digit", minute: "2-digit"});

  const localNumber = (text) => text.replace(/[.,]/g, (sign) => (sign === "," ? group : decimal));

  function localize(node) {
    const text = node.data, parent = node.parentElement;
    if (text === written.get(node) || !/\d/.test(text) || !parent || parent.closest(KEPT)) return;
    const utc = text.match(TIME);
    const local = text.replace(TIME, (time, day, clock, second) => (second ? seconds : minutes)(time));
    const shown = utc || isEnglish ? local : local.replace(NUMBER, localNumber);
    if (shown === text) return;
    written.set(node, shown);
    node.data = shown;
    if (utc) parent.title = utc.join(", ");
  }

  function localizeAll(root) {
    if (root.nodeType === Node.TEXT_NODE) return localize(root);
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) localize(node);
  }

  const start = () => {
    localizeAll(document.body);
    new MutationObserver((changes) =>
      changes.forEach(({type, target, addedNodes}) =>
        type === "characterData" ? localize(target) : addedNodes.forEach(localizeAll)
      )
    ).observe(document.body, {childList: true, characterData: true, subtree: true});
  };
  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
