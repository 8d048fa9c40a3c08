// Read before everything else and by any browser: says plainly when this page cannot work, and what to do. No newer syntax here.
(function () {
  try { if (localStorage.getItem("phone-elder")) document.documentElement.className = "elder"; } catch (error) { /* no storage: the standard size */ }
  var agent = navigator.userAgent, chrome = /Chrome\/(\d+)/.exec(agent), found = null;
  if (/MicroMessenger/i.test(agent)) {
    found = ["wechat", "微信里打不开离线采集", ["点右上角的“…”。", "点“在浏览器打开”（或“用默认浏览器打开”）。", "在打开的浏览器里登录，再把这一页添加到桌面。"]];
  } else if (!window.isSecureContext) {
    found = ["insecure", "这个地址不安全，不能离线采集", ["地址要以 https:// 开头，现在是 " + location.protocol + "//。", "请管理员告诉您以 https:// 开头的地址，并按说明在手机上信任单位的证书。", "在有网络的地方，仍可以用电脑版页面填报。"]];
  } else if ((chrome && Number(chrome[1]) < 90) || !window.Promise || !Object.fromEntries || !("noModule" in document.createElement("script"))) {
    found = ["old", "浏览器太旧，不能离线采集", ["要 Chrome 90 以上（或同样新的手机浏览器）" + (chrome ? "，现在是 " + chrome[1] : "") + "。", "在手机的应用商店里更新浏览器，再打开这一页。"]];
  } else if (!navigator.serviceWorker || !window.crypto || !crypto.subtle || !window.indexedDB) {
    found = ["missing", "这个浏览器不能离线采集", ["它不能在手机上加密保存资料；无痕模式也不行。", "换手机自带的浏览器或 Chrome，不用无痕模式，再打开这一页。"]];
  }
  if (!found) return;
  document.documentElement.setAttribute("data-cannot", found[0]);
  document.addEventListener("DOMContentLoaded", function () {
    var main = document.getElementById("main"), head = document.createElement("h2"), list = document.createElement("ol"), way = document.createElement("p"), link = document.createElement("a");
    head.textContent = found[1];
    list.className = "steps-plain gap";
    for (var at = 0; at < found[2].length; at += 1) {
      var step = document.createElement("li");
      step.textContent = found[2][at];
      list.appendChild(step);
    }
    way.className = "gap";
    link.className = "btn";
    link.href = "/";
    link.textContent = "打开电脑版页面";
    way.appendChild(link);
    main.textContent = "";
    main.appendChild(head);
    main.appendChild(list);
    if (found[0] !== "wechat") main.appendChild(way);
  });
})();
