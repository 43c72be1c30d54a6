// The dialog that asks for a key, if the service needs one.

import { button, el, newId } from "./dom.js";

/** Asks for a key and sends it; the service answers with a session in a cookie. The key is not stored. */
export class SignIn {
  #service;
  #then = null;
  #field = el("input", { id: newId("key"), type: "password", required: true, autocomplete: "current-password",
    spellcheck: "false" });
  #trouble = el("p", { class: "trouble", role: "alert" });

  constructor(service) {
    this.#service = service;
    const title = el("h2", { id: newId("signin") }, "This archive asks for a key");
    const form = el("form", { method: "dialog" },
      title,
      el("p", {}, "The operator of this archive can give you a key. With it this browser gets a session in a cookie. The key itself is not stored."),
      el("label", { for: this.#field.id }, "Key"), this.#field,
      this.#trouble,
      el("p", { class: "ways" }, el("button", { type: "submit", class: "primary" }, "Use this key"),
        button("Not now", () => this.element.close(), "secondary")));
    this.element = el("dialog", { class: "signin", "aria-labelledby": title.id }, form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  /** Ask for a key; `then` is called when the service has accepted one. */
  open(then) {
    this.#then = then;
    this.#trouble.textContent = "";
    if (!this.element.open) this.element.showModal();
    this.#field.focus();
  }

  async #submit() {
    try {
      await this.#service.signIn(this.#field.value.trim());
    } catch (error) {
      this.#trouble.textContent = error.locked || error.title === undefined
        ? "The service does not know this key, or it was revoked." : error.message;
      this.#field.select();
      return;
    }
    const { scope } = await this.#service.session().catch(() => ({ scope: true }));
    if (!scope) { // its cookie is for another path, or for https
      this.#trouble.textContent = "The key is right, but this browser keeps no session at this address. Open the archive at the address that its operator set (public_url).";
      return;
    }
    this.#field.value = "";
    this.element.close();
    this.#then?.();
  }
}
