// One record: keys J K A R 1-6, only the changed items, items marked for return. Without script everything is links and forms.
const remember = { get: (key) => { try { return localStorage.getItem(key); } catch { return null; } }, set: (key, value) => { try { localStorage.setItem(key, value); } catch { /* private window */ } } };
const diff = document.getElementById("diff");
const back = document.getElementById("return");
const approve = document.getElementById("approve");
const note = document.getElementById("note");

// Only what changed, for this and the following records
const only = document.getElementById("only-changed");
if (only) {
  document.getElementById("only-label").hidden = !diff.querySelector(".chg");
  const show = () => diff.classList.toggle("only", only.checked && Boolean(diff.querySelector(".chg")));
  only.checked = remember.get("review.only") === "1";
  only.addEventListener("change", () => { remember.set("review.only", only.checked ? "1" : "0"); show(); });
  show();
}

// Items marked for return, counted on the button
const marked = () => [...document.querySelectorAll("[name=item]:checked")];
const count = () => {
  for (const box of document.querySelectorAll("[name=item]")) box.closest("tr").classList.toggle("back", box.checked);
  document.getElementById("back-says").textContent = marked().length ? `退回 ${marked().length} 项` : "退回";
};
if (back) {
  document.addEventListener("change", (event) => { if (event.target.name === "item") { count(); if (event.target.checked) event.target.closest("tr").querySelector(".remark").focus(); } });
  count();
}

const said = () => marked().length || document.querySelector("[name=reason]:checked") || note.value.trim();
let sent = false; // a key held down decides once
const send = (form) => { if (!sent) { sent = true; form.requestSubmit ? form.requestSubmit() : form.submit(); } };
const follow = (id) => { const link = document.getElementById(id); if (link && !sent) { sent = true; link.click(); } };
const keys = {
  j: () => follow("next"),
  k: () => follow("previous"),
  a: () => approve && send(approve),
  r: () => { // the first R leads to the reasons, the second sends them
    if (!back) return;
    if (said()) send(back);
    else { document.getElementById("back").scrollIntoView({ block: "center" }); document.getElementById("r1").focus(); }
  },
};

const on = document.getElementById("keys-on");
document.querySelector(".keys").hidden = false;
on.checked = remember.get("review.keys") !== "0";
on.addEventListener("change", () => remember.set("review.keys", on.checked ? "1" : "0"));
const typing = (target) => target.matches("textarea, select, input:not([type=checkbox]):not([type=radio])");
document.addEventListener("keydown", (event) => {
  if (!on.checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat || typing(event.target)) return;
  const reason = /^[1-6]$/.test(event.key) && document.getElementById(`r${event.key}`);
  if (reason) { reason.checked = !reason.checked; reason.scrollIntoView({ block: "nearest" }); event.preventDefault(); return; }
  const action = keys[event.key.toLowerCase()];
  if (action) { event.preventDefault(); action(); }
});
window.addEventListener("pageshow", () => { sent = false; }); // back from the next page
const current = document.querySelector(".picklist [aria-current]");
if (current && window.innerWidth >= 900) current.scrollIntoView({ block: "nearest" });
