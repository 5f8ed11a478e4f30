// Countdowns that tick and agree with the server, and a live part that is fetched again while the page is looked at.
(() => {
  "use strict";
  const day = document.documentElement.lang.startsWith("zh") ? " 天 " : " d ";
  let skew = 0;
  const two = (n) => String(n).padStart(2, "0");
  const agree = (root) => {
    const el = root.querySelector("[data-now]");
    if (el) skew = Number(el.dataset.now) - Date.now();
  };
  const tick = () => {
    for (const el of document.querySelectorAll("[data-until]")) {
      const left = Math.max(0, Math.floor((Number(el.dataset.until) - Date.now() - skew) / 1000));
      const days = Math.floor(left / 86400);
      el.textContent = (days ? days + day : "") + two(Math.floor(left / 3600) % 24) + ":" + two(Math.floor(left / 60) % 60) + ":" + two(left % 60);
      el.hidden = left === 0;
    }
  };
  const live = document.querySelector("[data-live]");
  let last = "";
  const refresh = async () => {
    if (document.hidden) return;
    try {
      const res = await fetch(live.dataset.live, { headers: { Accept: "text/html" } });
      if (!res.ok) return;
      const html = await res.text();
      const bare = html.replace(/data-now="\d+"/g, "");
      if (bare !== last && !live.contains(document.activeElement)) {
        live.innerHTML = html;
        last = bare;
      }
      agree(live);
      tick();
    } catch {
      // away for a moment: the next look tries again
    }
  };
  agree(document);
  tick();
  setInterval(tick, 1000);
  if (live) {
    setInterval(refresh, 4000);
    document.addEventListener("visibilitychange", refresh);
  }
})();
