// <checked-form data-summary>: validates a field when it loses focus, not while it is first typed in, and clears
// the error once it is fixed. After a failed submit it focuses a summary with links to the invalid fields.

class CheckedForm extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    if (!this.form) return;
    this.form.noValidate = true;
    this.addEventListener("focusout", (event) => isField(event.target) && this.check(event.target));
    this.addEventListener("input", (event) => this.recheck(event.target));
    this.form.addEventListener("submit", (event) => this.onSubmit(event));
  }

  check(field) {
    if (field.value === "" && !this.wasSent && !field.dataset.touched) return;
    field.dataset.touched = "yes";
    if (field.checkValidity()) clear(field);
    else mark(field, problem(field));
  }

  recheck(field) {
    if (!isField(field)) return;
    if (field.value !== "") field.dataset.touched = "yes";
    if (field.getAttribute("aria-invalid") === "true" && field.checkValidity()) clear(field);
  }

  onSubmit(event) {
    if (event.submitter?.formNoValidate) return;
    this.wasSent = true;
    const wrong = [...this.form.elements].filter((field) => isField(field) && !field.checkValidity());
    if (!wrong.length) return;
    event.preventDefault();
    for (const field of wrong) mark(field, problem(field));
    if (this.dataset.summary) this.summarise(wrong);
    else wrong[0].focus();
  }

  summarise(wrong) {
    for (const old of this.querySelectorAll("[data-error-summary]")) old.remove();
    const box = Object.assign(document.createElement("div"), { className: "error-summary", tabIndex: -1 });
    box.setAttribute("role", "alert");
    box.dataset.errorSummary = "";
    const list = document.createElement("ul");
    for (const field of wrong) {
      const item = document.createElement("li");
      item.append(Object.assign(document.createElement("a"), { href: `#${field.id}`, textContent: named(problem(field), field) }));
      list.append(item);
    }
    box.append(Object.assign(document.createElement("h2"), { textContent: this.dataset.summary }), list);
    this.form.prepend(box);
    box.focus();
  }
}

// Our message if the field has one, else the browser's.
function problem(field) {
  return field.dataset[field.validity.valueMissing ? "needed" : "wrong"] || field.validationMessage;
}

// The browser's message does not say which field it is about.
function named(text, field) {
  const label = field.labels?.[0]?.firstChild?.textContent.trim();
  return text === field.validationMessage && label ? `${label}: ${text}` : text;
}

function isField(element) {
  return element.matches?.("input:not([type=hidden]), select, textarea") && element.willValidate && element.checkVisibility();
}

function mark(field, text) {
  const box = field.closest("[data-field]");
  if (!box) return;
  field.setAttribute("aria-invalid", "true");
  const id = `${field.id}_error`;
  for (const old of box.querySelectorAll(".field__error")) old.remove();
  const error = document.createElement("p");
  error.className = "field__error";
  error.id = id;
  error.textContent = text;
  box.append(error);
  const hints = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((part) => part && part !== id);
  field.setAttribute("aria-describedby", [...hints, id].join(" "));
}

function clear(field) {
  field.removeAttribute("aria-invalid");
  for (const error of field.closest("[data-field]")?.querySelectorAll(".field__error") ?? []) error.remove();
}

customElements.define("checked-form", CheckedForm);
