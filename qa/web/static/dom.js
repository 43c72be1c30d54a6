// Making elements. Text from documents only ever becomes a text node.

/** Make an element. Strings among the children become text, never markup. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value != null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(2).filter((child) => child || child === 0));
  return node;
}

/** Make a button; `onClick` is called with the button itself. */
export function button(label, onClick, kind = "quiet") {
  const node = el("button", { type: "button", class: kind }, label);
  node.addEventListener("click", () => onClick(node));
  return node;
}

let made = 0;

/** An id that no other element of this page has. */
export const newId = (what) => `qa-${what}-${++made}`;

/** Show or hide what a button controls, and say so. */
export function discloses(opener, shown, target) {
  opener.setAttribute("aria-expanded", shown);
  if (target) target.hidden = !shown;
}

/** Put a text on the clipboard; false where the browser does not allow it. */
export async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Browsers offer no clipboard to a page that came over plain HTTP from another machine.
    const area = el("textarea", { readonly: true, "aria-hidden": "true" });
    Object.assign(area.style, { position: "fixed", opacity: "0" });
    const before = document.activeElement;
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    before?.focus();
    return done;
  }
}
