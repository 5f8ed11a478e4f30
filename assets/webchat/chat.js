// The web chat works without this file; it adds sending without a reload, live messages and unread marks.
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const talk = $("talk"), log = $("log"), live = $("live"), trouble = $("trouble"), text = $("text"), scroller = $("scroller"), form = $("say");
  if (!talk || !window.fetch || !window.EventSource) return;
  const words = (key) => talk.dataset["word" + key];
  const freshId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
  const on = (el, name, f) => el.addEventListener(name, f);
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const show = (el, what) => { el.textContent = what || ""; el.hidden = !what; };
  const send = (url, body) => fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });

  // One post after another, each tried again with the same id: the server keeps an id once.
  let turn = Promise.resolve(), failed = {};
  const post = (url, fields) => (turn = turn.then(() => attempt(url, new URLSearchParams(fields))));
  async function attempt(url, body) {
    for (let n = 0; n < 7; n++) {
      if (n) { show(live, words("Again")); await wait(Math.min(500 * 2 ** n, 8000)); }
      const slow = setTimeout(show, 1500, live, words("Sending"));
      try {
        const res = await send(url, body);
        if (res.status < 500) { show(live); return res.ok ? "" : (await res.json()).message; }
      } catch { } finally { clearTimeout(slow); }
    }
    show(live);
    return words("Failed");
  }
  on(document, "submit", async (e) => {
    const f = e.target, by = e.submitter, typed = f === form;
    if (!f.matches("[data-say], [data-press]")) return;
    e.preventDefault();
    const fields = Object.fromEntries(new FormData(f));
    if (by && by.name) fields[by.name] = by.value;
    if ("text" in fields && !fields.text.trim()) return;
    fields.id = typed && failed.text === fields.text ? failed.id : freshId();
    show(trouble);
    if (typed) { text.value = ""; grow(); quote(""); }
    by?.setAttribute("aria-busy", "true");
    const wrong = await post(f.getAttribute("action"), fields);
    by?.removeAttribute("aria-busy");
    if (typed) failed = wrong ? fields : {};
    show(trouble, wrong);
    if (wrong && typed && !text.value) { text.value = fields.text; grow(); }
    if (!wrong) toEnd();
  });

  const grow = () => { if (!CSS.supports("field-sizing", "content")) { text.style.height = "auto"; text.style.height = Math.min(text.scrollHeight + 2, 144) + "px"; } };
  if (form) {
    on(text, "input", grow);
    on(document, "visibilitychange", read);
    on(text, "keydown", (e) => {
      if (e.key !== "Enter" || e.shiftKey || e.isComposing || e.keyCode === 229 || matchMedia("(pointer: coarse)").matches) return;
      e.preventDefault();
      form.requestSubmit();
    });
  }
  function quote(id, what) {
    $("reply").value = id;
    $("replying").hidden = !id;
    if (id) $("replying").firstElementChild.textContent = what;
  }
  on(document, "click", (e) => {
    const link = e.target.closest("[data-reply], #noreply");
    if (!link) return;
    e.preventDefault();
    const said = link.dataset.reply ? link.closest(".msg").querySelector(".bubble").innerText : "";
    quote(link.dataset.reply || "", said.replace(/\s+/g, " ").slice(0, 60));
    text.focus();
  });

  // Live messages: the server sends the fragment, the cursor is the change number.
  const below = $("below"), atEnd = () => Math.abs(scroller.scrollTop) < 80;
  const toEnd = () => { scroller.scrollTop = 0; };
  if (below) {
    on(below, "click", toEnd);
    on(scroller, "scroll", () => { if (atEnd()) below.hidden = true; });
  }
  // A code, a time or a count with its word never breaks over two lines.
  const whole = /[\dA-Z]{4}-[\dA-Z]{4}|(?<![¥\d.,])(?:(?:跟团号|第|[上下]午|周[一-鿿]) )?\d(?:[\d-]*:[\d:-]*|[\d-]*(?: \p{Script=Han})?)/gu;
  function hold(root) {
    for (const p of root.querySelectorAll(".bot .text, .deal p:not([data-progress])")) {
      if (p.childElementCount || !p.textContent.match(whole)) continue;
      const parts = p.textContent.split(whole), kept = p.textContent.match(whole);
      p.replaceChildren(...parts.flatMap((part, i) => i ? [Object.assign(document.createElement("span"), { className: "nowrap", textContent: kept[i - 1] }), part] : [part]));
    }
  }
  // The list of open deals beside the conversation follows its cards.
  function beside(now) {
    const box = $("cards"), deal = now.querySelector(".deal");
    if (!box || !deal) return;
    const row = box.querySelector(`[data-card="${now.id}"]`), text = (from) => deal.querySelector(from)?.textContent ?? "";
    if (text("[data-state]")) row?.remove();
    else {
      const made = row ?? $("card-row").content.firstElementChild.cloneNode(true), link = made.querySelector("a");
      made.dataset.card = now.id;
      link.href = link.href.replace(/#.*|$/, "#" + now.id);
      for (const name of ["title", "progress", "deadline", "price"]) made.querySelector(`[data-${name}]`).textContent = text(`[data-${name}]`);
      if (!row) box.querySelector("ul").prepend(made);
    }
    box.hidden = !box.querySelector("li");
  }
  const older = /[?&]before=/.test(location.search), title = document.title;
  let after = +talk.dataset.after, seen = +talk.dataset.last, source, pause = 1000, reading;
  function place(m) {
    const box = document.createElement("template"), old = $("m-" + m.id);
    box.innerHTML = m.html;
    const now = box.content.firstElementChild;
    hold(box.content);
    if (old) {
      if (+old.dataset.change >= m.change) return;
      const held = old.contains(document.activeElement) && document.activeElement.value;
      old.replaceWith(now);
      if (held) now.querySelector(`[value="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
      beside(now);
      return;
    }
    const all = [...log.querySelectorAll(".msg")], next = all.find((el) => +el.dataset.seq > m.seq);
    if (older || (next && next === all[0] && talk.querySelector(".older"))) return; // belongs to a page that is not shown
    const stay = atEnd();
    $("empty")?.remove();
    next ? next.before(now) : log.append(now);
    beside(now);
    if (stay || m.mine) toEnd(); else below.hidden = false;
    seen = Math.max(seen, m.seq);
    read();
  }
  function read() {
    if (document.hidden || reading) return;
    reading = setTimeout(() => {
      reading = 0;
      send(talk.dataset.read, new URLSearchParams({ seq: seen })).catch(() => {});
    }, 400);
  }
  function counts(list) {
    let sum = 0;
    for (const r of list) {
      const n = r.room === talk.dataset.room && !document.hidden ? 0 : r.n;
      const row = document.querySelector(`a[data-room="${CSS.escape(r.room)}"]`);
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
    source?.close();
    source = new EventSource(talk.dataset.events + "?after=" + after);
    on(source, "open", () => { if (pause > 1000) show(live); pause = 1000; });
    on(source, "msg", (e) => { const m = JSON.parse(e.data); after = Math.max(after, m.change); place(m); });
    on(source, "rooms", (e) => counts(JSON.parse(e.data)));
    on(source, "error", () => {
      source.close();
      show(live, words("Away"));
      setTimeout(connect, pause);
      pause = Math.min(pause * 2, 15e3);
    });
  }
  // A browser opens six connections to one server; tabs out of sight give theirs back and only look in now and then.
  const rest = () => document.hidden && source.close();
  on(document, "visibilitychange", () => document.hidden ? rest() : connect());
  setInterval(() => { if (document.hidden) { connect(); setTimeout(rest, 2e3); } }, 2e4);
  on(window, "pagehide", () => source.close());
  on(window, "pageshow", (e) => { if (e.persisted) connect(); });
  hold(document);
  connect();
  $("unread")?.scrollIntoView({ block: "center" });
})();
