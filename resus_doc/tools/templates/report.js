"use strict";
// Pointing at or focusing a sentence, finding, measure or citation lights up what it rests on. Links work without this.
(function () {
  const byId = new Map();
  for (const node of document.querySelectorAll("[data-ref]")) {
    const id = node.dataset.ref;
    if (!byId.has(id)) byId.set(id, []);
    byId.get(id).push(node);
  }

  function referred(node) {
    const ids = [];
    for (let at = node; at && at.dataset; at = at.parentElement) {
      if (at.dataset.ref) return [at.dataset.ref].concat((at.dataset.refs || "").split(" "));
      if (at.dataset.refs) return at.dataset.refs.split(" ");
    }
    return ids;
  }

  let lit = [];
  function light(ids) {
    for (const node of lit) node.classList.remove("lit");
    lit = ids.flatMap((id) => byId.get(id) || []);
    for (const node of lit) node.classList.add("lit");
  }

  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      if (event.target instanceof Element) light(referred(event.target));
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") light([]);
  });

  function open() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
  }
  window.addEventListener("hashchange", open);
  if (location.hash) open();
})();
