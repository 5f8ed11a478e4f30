// The web chat works without this file; it adds sending without a reload, live messages and unread marks.
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const talk = $("talk"), log = $("log"), live = $("live"), trouble = $("trouble"), text = $("text"), scroller = $("scroller");
  if (!talk || !window.fetch || !window.EventSource) return;
  const say = (key) => talk.dataset["word" + key];
  const freshId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const tell = (words) => { live.textContent = words || ""; live.hidden = !words; };
  const blame = (words) => { trouble.textContent = words || ""; trouble.hidden = !words; };

  // One post after another, each tried again with the same id: the server keeps an id once.
  let turn = Promise.resolve();
  const post = (url, fields) => (turn = turn.then(() => attempt(url, new URLSearchParams(fields))));
  async function attempt(url, body) {
    for (let n = 0; n < 7; n++) {
      if (n > 0) { tell(say("Again")); await wait(Math.min(500 * 2 ** n, 8000)); }
      const slow = setTimeout(() => tell(say("Sending")), 1500);
      try {
        const res = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });
        clearTimeout(slow);
        if (res.status < 500) { tell(""); return res.ok ? "" : (await res.json()).message || say("Failed"); }
      } catch { clearTimeout(slow); }
    }
    tell("");
    return say("Failed");
  }

  document.addEventListener("submit", async (e) => {
    const form = e.target, by = e.submitter;
    if (!form.matches("[data-say], [data-press]")) return;
    e.preventDefault();
    const fields = Object.fromEntries(new FormData(form));
    if (by && by.name) fields[by.name] = by.value;
    fields.id = form.id === "say" && form.dataset.failed === fields.text ? form.dataset.failedId : freshId();
    const typed = form.id === "say";
    if (form.matches("[data-say]") && !fields.text.trim()) return;
    blame("");
    if (typed) { text.value = ""; grow(); quote(""); }
    if (by) by.setAttribute("aria-busy", "true");
    const wrong = await post(form.getAttribute("action"), fields);
    if (by) by.removeAttribute("aria-busy");
    if (typed) { delete form.dataset.failed; }
    if (!wrong) { if (typed) toEnd(); return; }
    blame(wrong);
    if (typed && !text.value) { text.value = fields.text; form.dataset.failed = fields.text; form.dataset.failedId = fields.id; grow(); }
  });

  const grow = () => { if (!CSS.supports("field-sizing", "content")) { text.style.height = "auto"; text.style.height = Math.min(text.scrollHeight + 2, 144) + "px"; } };
  text.addEventListener("input", grow);
  text.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" || e.shiftKey || e.isComposing || e.keyCode === 229 || matchMedia("(pointer: coarse)").matches) return;
    e.preventDefault();
    $("say").requestSubmit();
  });

  function quote(id, words) {
    $("reply").value = id;
    $("replying").hidden = !id;
    if (id) $("replying").querySelector(".cut").textContent = words;
  }
  document.addEventListener("click", (e) => {
    const link = e.target.closest("[data-reply], #noreply");
    if (!link) return;
    e.preventDefault();
    const bubble = link.dataset.reply && link.closest(".msg").querySelector(".bubble");
    quote(link.dataset.reply || "", bubble ? bubble.textContent.trim().replace(/\s+/g, " ").slice(0, 60) : "");
    text.focus();
  });

  // Live messages: the server sends the fragment, the cursor is the change number.
  const nearEnd = () => Math.abs(scroller.scrollTop) < 80;
  const toEnd = () => { scroller.scrollTop = 0; };
  let after = +talk.dataset.after, seen = +talk.dataset.last, source, back = 1000, older = new URLSearchParams(location.search).has("before");
  function place(m) {
    const box = document.createElement("template");
    box.innerHTML = m.html;
    const now = box.content.firstElementChild, old = $("m-" + m.id);
    if (old) {
      if (+old.dataset.change >= m.change) return;
      const at = old.contains(document.activeElement) && document.activeElement.value;
      old.replaceWith(now);
      if (at) now.querySelector(`[value="${CSS.escape(at)}"]`)?.focus();
      return;
    }
    const next = [...log.querySelectorAll(".msg")].find((el) => +el.dataset.seq > m.seq);
    const first = log.querySelector(".msg");
    if (older || (next && next === first && talk.querySelector(".older"))) return; // belongs to a page that is not shown
    const stay = nearEnd();
    $("empty")?.remove();
    next ? next.before(now) : log.append(now);
    if (stay || m.mine) toEnd();
    seen = Math.max(seen, m.seq);
    read();
  }
  let reading;
  function read() {
    if (document.hidden || reading) return;
    reading = setTimeout(() => {
      reading = 0;
      fetch(talk.dataset.read, { method: "POST", body: new URLSearchParams({ seq: seen }), headers: { Accept: "application/json" } }).catch(() => {});
    }, 400);
  }
  document.addEventListener("visibilitychange", read);
  const title = document.title;
  function counts(list) {
    let sum = 0;
    for (const r of list) {
      const row = document.querySelector(`a[data-room="${CSS.escape(r.room)}"]`);
      const here = r.room === talk.dataset.room && !document.hidden, n = here ? 0 : r.n;
      sum += n;
      if (!row) continue;
      const badge = row.querySelector("[data-unread]");
      badge.firstChild.textContent = n > 99 ? "99+" : n;
      badge.hidden = !n;
      row.querySelector("[data-last]").textContent = r.last;
      row.querySelector("[data-at]").textContent = r.at;
    }
    document.title = (sum ? `(${sum}) ` : "") + title;
  }
  function connect() {
    source = new EventSource(talk.dataset.events + "?after=" + after);
    source.addEventListener("open", () => { back = 1000; if (live.dataset.away) { delete live.dataset.away; tell(""); } });
    source.addEventListener("msg", (e) => { const m = JSON.parse(e.data); after = Math.max(after, m.change); place(m); });
    source.addEventListener("rooms", (e) => counts(JSON.parse(e.data)));
    source.addEventListener("error", () => {
      live.dataset.away = "1";
      tell(say("Away"));
      source.close();
      setTimeout(connect, back);
      back = Math.min(back * 2, 15000);
    });
  }
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (e) => { if (e.persisted) connect(); });
  connect();
  $("unread")?.scrollIntoView({ block: "center" });
})();
