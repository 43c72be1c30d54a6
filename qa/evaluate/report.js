"use strict";
// Filters and sorts the list of questions. Without it the page shows all of them, in their order.
(() => {
  const form = document.getElementById("choose");
  const list = document.getElementById("list");
  const said = document.getElementById("said");
  const all = Array.from(list.children);
  const text = new Map(all.map((one) => [one, one.querySelector("summary").textContent.toLowerCase()]));

  function wanted(one) {
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kind = form.elements.kind ? form.elements.kind.value : "";
    const state = form.elements.state.value;
    return (
      words.every((word) => text.get(one).includes(word)) &&
      (kind === "" || one.dataset.kind === kind) &&
      (state === "" || one.dataset.state.split(" ").includes(state))
    );
  }

  function apply() {
    const [key, way] = form.elements.sort.value.split(" ");
    const value = (one) => Number(one.dataset[key]);
    const place = (one) => Number(one.dataset.order);
    all.sort((a, b) => (way === "down" ? value(b) - value(a) : value(a) - value(b)) || place(a) - place(b));
    let shown = 0;
    for (const one of all) {
      one.hidden = !wanted(one);
      shown += one.hidden ? 0 : 1;
      list.append(one);
    }
    said.textContent = shown + " of " + all.length + " questions";
  }

  function fold(open) {
    for (const one of all) {
      if (!one.hidden) one.open = open;
    }
  }

  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("unfold").addEventListener("click", () => fold(true));
  document.getElementById("fold").addEventListener("click", () => fold(false));
  form.hidden = false;
  apply();
})();
