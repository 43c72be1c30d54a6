// A small menu that copies a quote, or its citation in a form for a text of one's own.

import { button, discloses, el, newId, toClipboard } from "./dom.js";

/** The forms of a citation that the service writes: what each is called, and its style there. */
export const STYLES = [
  ["Chicago", "chicago"], ["APA", "apa"], ["Exact", "exact"],
  ["BibTeX", "bibtex"], ["RIS", "ris"], ["CSL-JSON", "csl-json"],
];

/**
 * A button that shows the forms, and the group of them that it shows.
 *
 * Arrow keys go from form to form, Escape puts the group away.
 *
 * @param {string} label what is copied, for who hears the button
 * @param {[string, [string, string | Function][]][]} groups the forms by kind; a text, or what fetches it
 * @param {Function} copied told in a sentence what became of it
 * @returns {[HTMLElement, HTMLElement]}
 */
export function copyMenu(label, groups, copied) {
  const menu = el("div", { class: "copies", id: newId("copies"), role: "group", "aria-label": `${label} as`, hidden: true },
    groups.map(([kind, forms]) => el("p", {}, el("span", {}, kind),
      forms.map(([name, form]) => copyButton(name, form, copied)))));
  const opener = button("Copy", () => discloses(opener, menu.hidden, menu));
  opener.setAttribute("aria-controls", menu.id);
  opener.setAttribute("aria-label", label);
  discloses(opener, false);
  menu.addEventListener("keydown", (event) => {
    const all = [...menu.querySelectorAll("button")];
    const at = all.indexOf(menu.getRootNode().activeElement);
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Escape") {
      discloses(opener, false, menu);
      opener.focus();
    } else if (to !== undefined) {
      all.at(to % all.length).focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  return [opener, menu];
}

/** The group of the styles that the service writes a citation in. */
export const citeGroup = (service, citation) => ["Cite as",
  STYLES.map(([name, style]) => [name, () => service.cite(citation, style)])];

function copyButton(name, form, copied) {
  const node = button(name, async () => {
    let told = "Not allowed";
    let said = "Copying is blocked in this browser";
    try {
      if (await toClipboard(typeof form === "function" ? await form() : form)) [told, said] = ["Copied", `${name} copied`];
    } catch (error) {
      [told, said] = ["Not there", error.message];
    }
    copied(said);
    node.textContent = told;
    setTimeout(() => { node.textContent = name; }, 1600);
  });
  return node;
}
