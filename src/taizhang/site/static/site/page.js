// Folding, the menu on small screens, printing: what a page cannot do without script. Everything else works without it.
const root = document.documentElement;
root.classList.add("js");

const actions = {
  menu(button) {
    const open = document.body.classList.toggle("menu-open");
    button.setAttribute("aria-expanded", open);
  },
  toggle(button) { // data-do="toggle" aria-controls="id": folds or unfolds a block
    const target = document.getElementById(button.getAttribute("aria-controls"));
    target.hidden = !target.hidden;
    for (const other of document.querySelectorAll(`[data-do=toggle][aria-controls="${target.id}"]`)) {
      other.setAttribute("aria-expanded", !target.hidden);
      for (const word of other.querySelectorAll("[data-when]")) word.hidden = (word.dataset.when === "open") === target.hidden;
    }
  },
  print() { window.print(); },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button && actions[button.dataset.do]) actions[button.dataset.do](button);
  const open = document.querySelector("details.user[open]");
  if (open && !open.contains(event.target)) open.open = false;
});
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector("details.user[open]");
  if (open) { open.open = false; open.querySelector("summary").focus(); }
});
// data-submit: a select or checkbox that sends its form as soon as it changes
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit ? event.target.form.requestSubmit() : event.target.form.submit();
});

// After a failed submit the summary has the focus (WCAG 3.3.1)
const summary = document.querySelector(".error-summary[tabindex]");
if (summary) summary.focus();
