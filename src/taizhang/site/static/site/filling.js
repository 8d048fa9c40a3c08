// Around <record-form> on an office page: what was answered once more before it is handed in, whose number is being typed, and a
// session that ends meanwhile. The phone page has its own ways.
import "./record-form.js";
import { h, icon } from "./dom.js";

const record = document.querySelector("record-form");
const form = record.querySelector("form");
const { user, alive, login, number, worker } = form.dataset;
const TYPING = 60000; // ms between two signs of life: somebody who types is at work

// -- 提交前看一遍 -----------------------------------------------------------------------------------------------------

const over = form.querySelector("[data-look-over]");
const whole = over.dataset.lookOver === "all";

/** An answer as its control shows it. */
function said(item) {
  const { box, read, target } = record.boxes.get(item);
  const value = read();
  if (value === null || (Array.isArray(value) && !value.length)) return "";
  if (target.matches("region-picker")) return target.text;
  if (target.matches("select")) return target.selectedOptions[0].textContent;
  const ticked = [...box.querySelectorAll(":checked")];
  const year = (input) => (/^\d{4}-/.test(input.value) ? `${input.value.slice(0, 4)}年` : "");
  if (ticked.length) return ticked.map((input) => year(input) + input.nextElementSibling.textContent).join("、");
  const { kind, unit } = record.form.fields.get(item);
  return `${kind === "dec" ? Number(value) || value : value}${unit ? ` ${unit}` : ""}`;
}

const before = new Map([...record.boxes.keys()].map((item) => [item, said(item)]));

function lookOver() {
  const items = [...record.boxes.keys()].filter((item) => !record.sealed[item] && (whole ? record.shown.has(item) && said(item) : said(item) !== before.get(item)));
  const line = (item) => {
    const { label } = record.form.fields.get(item);
    return h("div", { class: "answer" }, h("dt", { class: "muted" }, label), h("dd", { class: "row between" },
      h("span", { class: "grow" }, said(item) || "（空）", " ", whole ? null : h("span", { class: "small muted" }, `（原来 ${before.get(item) || "空"}）`)),
      h("button", { type: "button", class: "btn quiet mini", onclick: () => record.focusItem(item) }, "修改", h("span", { class: "vh" }, label))));
  };
  const open = Boolean(over.querySelector("details[open]"));
  const list = h("dl", { class: "answers" }, items.map(line));
  over.hidden = !items.length;
  over.replaceChildren(...(whole ? [h("details", { open }, h("summary", {}, `提交前看一遍，已填 ${items.length} 项`), list)] : [h("h2", {}, `提交前看一遍，改了 ${items.length} 项`), list]));
}

// -- keys: Ctrl+S hands in, digits pick -------------------------------------------------------------------------------

record.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "s") {
    event.preventDefault();
    form.requestSubmit();
  } else if (/^[1-9]$/.test(key) && ["radio", "checkbox"].includes(target.type) && record.itemOf(target) && !target.closest(".months-grid")) {
    event.preventDefault();
    const option = target.closest("[data-item]").querySelectorAll("input")[key - 1];
    if (!option) return;
    option.click();
    option.focus();
  }
});

// -- the owner of a number ------------------------------------------------------------------------------------------

const owner = h("p", { class: "hint", id: "owner", role: "status" });
if (record.boxes.has("id_number")) record.boxes.get("id_number").box.append(owner);

record.addEventListener("answered", (event) => {
  lookOver();
  if (event.detail.item === "id_number" && window.htmx) window.htmx.ajax("POST", number, { target: owner, swap: "innerHTML", values: { id_number: record.row.id_number || "", worker } });
});
lookOver();

// -- staying signed in ----------------------------------------------------------------------------------------------

const told = h("p", { class: "err", role: "alert" });
form.querySelector(".acts-bar").before(told);
let last = Date.now();
let sending = false;

/** {user, csrf} as the server sees us now; null without a network. */
async function asked() {
  last = Date.now();
  try {
    const answer = await fetch(alive, { cache: "no-store", headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : null;
  } catch (error) {
    return null;
  }
}

form.addEventListener("input", () => { if (Date.now() - last > TYPING) asked(); });

const take = (token) => {
  form.elements.csrfmiddlewaretoken.value = token;
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
};

// Listening further out, after the form has looked at its answers
document.addEventListener("submit", async (event) => {
  if (event.target !== form || event.defaultPrevented) return;
  event.preventDefault();
  if (sending) return;
  sending = true;
  const here = document.activeElement;
  told.replaceChildren();
  const now = await asked();
  sending = false;
  if (now && now.user === user) {
    take(now.csrf);
    sending = true;
    form.submit();
  } else if (now) signIn(now.csrf, here);
  else told.replaceChildren(icon("offline"), "网络不通，没有提交。填的都还在这一页，连上网络再提交。");
});
window.addEventListener("pageshow", () => { sending = false; });

/** Sign in on the spot: what was filled stays where it is, and so does the place. */
function signIn(token, here) {
  const password = h("input", { id: "again", type: "password", autocomplete: "current-password", "aria-describedby": "again-e" });
  const wrong = h("p", { class: "err", id: "again-e", role: "alert" });
  const box = h("dialog", { class: "again", "aria-labelledby": "again-h" });
  const leave = () => { box.close(); box.remove(); here.focus(); };
  box.append(h("form", { novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    event.stopPropagation();
    let answer;
    try {
      answer = await fetch(login, { method: "POST", redirect: "manual", cache: "no-store", body: new URLSearchParams({ username: user, password: password.value, csrfmiddlewaretoken: token }) });
    } catch (error) {
      wrong.textContent = "网络不通，连上网络再登录。填的都还在。";
      return;
    }
    if (answer.type === "opaqueredirect") {
      const now = await asked();
      if (now && now.user === user) {
        take(now.csrf);
        leave();
        told.replaceChildren(icon("check"), "已重新登录，填的都在，请再提交一次。");
        return;
      }
    }
    const page = new DOMParser().parseFromString(answer.type === "opaqueredirect" ? "" : await answer.text(), "text/html");
    const words = page.querySelector(".error-summary p, main p:not(.brand)");
    wrong.textContent = words ? words.textContent : "没有登录成功。换一个窗口登录，再回到这一页提交。";
    password.value = "";
    password.focus();
  } }, h("h2", { id: "again-h" }, "登录已经到期"), h("p", { class: "gap" }, "填的都还在这一页。输入密码，回到刚才的地方接着填。"),
  h("p", { class: "gap" }, `账号：${user}`), h("div", { class: "field gap" }, h("label", { for: "again" }, "密码"), password, wrong),
  h("p", { class: "row gap" }, h("button", { type: "submit", class: "btn primary" }, "登录"), h("button", { type: "button", class: "btn", onclick: leave }, "先不登录"))));
  box.addEventListener("cancel", (event) => { event.preventDefault(); leave(); });
  document.body.append(box);
  box.showModal();
  password.focus();
}
