// Opening a cell or unfolding a town swaps only the table and its panel, so the place in the table is kept; going back does the same.
// Without this script every link is a whole page with the same content.
const figures = document.getElementById("figures");
let asked = 0;

function place() {
  const sheet = document.getElementById("sheet");
  return { swap: true, left: sheet.scrollLeft, top: sheet.scrollTop };
}

async function show(url, at, focus) {
  const turn = ++asked;
  figures.setAttribute("aria-busy", "true");
  const answer = await fetch(url, { credentials: "same-origin" });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("figures");
  if (turn !== asked) return; // another click came in between
  if (!answer.ok || !fresh) { location.assign(url); return; }
  figures.removeAttribute("aria-busy");
  figures.className = fresh.className;
  document.querySelector("#sheet tbody").replaceWith(fresh.querySelector("#sheet tbody"));
  const panel = document.getElementById("panel");
  const next = fresh.querySelector("#panel");
  if (panel) panel.remove();
  if (next) figures.append(next);
  const sheet = document.getElementById("sheet");
  sheet.scrollLeft = at.left;
  sheet.scrollTop = at.top;
  if (focus) focus();
}

function focusOn(link) {
  const label = link.getAttribute("aria-label");
  const name = label ? label.slice(2) : "";
  return () => {
    const heading = document.getElementById("panel-h");
    const same = name && [...document.querySelectorAll("#sheet tbody a[aria-label]")].find((a) => a.getAttribute("aria-label").slice(2) === name);
    if (same) same.focus();
    else if (heading) heading.focus({ preventScroll: true });
    else document.getElementById("sheet").focus({ preventScroll: true });
  };
}

history.replaceState({ ...place(), ...(history.state || {}) }, "");
const left = history.state;
document.getElementById("sheet").scrollLeft = left.left; // back from a person's page
document.getElementById("sheet").scrollTop = left.top;
addEventListener("pagehide", () => history.replaceState(place(), ""));

figures.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap], #panel .pager a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const at = place();
  history.replaceState(at, "");
  history.pushState(at, "", link.href);
  show(link.href, at, focusOn(link));
});
addEventListener("popstate", (event) => {
  if (event.state && event.state.swap) show(location.href, event.state);
});
