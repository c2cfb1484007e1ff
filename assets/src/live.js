// What others did shows by itself: one stream for this window, closed while nobody looks at it; without one, asked every 20 s.
(() => {
  "use strict";
  if (!document.querySelector(".g-shell")) return;
  const ADDRESS = "/api/v1/events/stream", POLLED_EVERY = 20_000, AGAIN_AFTER = 60_000, GATHERED = 200, APART = 1_200, BUSY = 1_000;
  const token = () => JSON.parse(document.body.getAttribute("hx-headers:inherited"))["x-csrf-token"];
  let source = null, shownAt = 0, timer = 0, again = 0;

  // ── which page follows what: a subject, or one thing of it
  const follows = (happened) => (document.querySelector("[data-follows]")?.dataset.follows ?? "").split(" ")
    .some((one) => one === happened.subject || one === `${happened.subject}:${happened.subject_id}`);
  const refresh = (after = GATHERED) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      // Whoever writes, selects or has something open is not disturbed: it is shown once they are done.
      const asked = new Event("live:again", { cancelable: true });
      if (document.dispatchEvent(asked)) shownAt = Date.now(); else refresh(BUSY);
    }, Math.max(after, shownAt + APART - Date.now()));
  };
  const bell = () => document.querySelector(".g-bell") && htmx.ajax("GET", "/console/notices/bell", { target: ".g-bell", swap: "outerHTML", headers: { "x-guibin-passive": "1" } });

  // ── what waits, beside the entries of the menu: kept for the next page, asked for anew when something happened or time went by
  const COUNTED = `counts ${document.body.dataset.me} ${document.documentElement.lang}`, COUNTED_FOR = 30_000;
  let counting = 0;
  const entries = () => document.querySelectorAll(".g-nav > a[href]:not(.g-org), .g-dock > a[href]");
  const kept = () => JSON.parse(sessionStorage.getItem(COUNTED) ?? '{"at":0,"html":""}');
  const stand = (html) => {
    const made = document.createElement("template");
    made.innerHTML = html;
    for (const entry of entries()) {
      entry.querySelector(".g-count")?.remove();
      const one = [...made.content.children].find((each) => each.dataset.of === entry.getAttribute("href"));
      if (one) entry.append(one.cloneNode(true));
    }
  };
  const count = async () => {
    clearTimeout(counting);
    counting = 0;
    if (document.hidden || !entries().length) return;
    const answer = await fetch("/console/work/counts", { headers: { "hx-request": "true", "hx-request-type": "partial", "x-guibin-passive": "1" } }).catch(() => null);
    if (!answer?.ok) return;
    const html = await answer.text();
    sessionStorage.setItem(COUNTED, JSON.stringify({ at: Date.now(), html }));
    stand(html);
  };
  const recount = (after) => { if (!counting || after === GATHERED) { clearTimeout(counting); counting = setTimeout(count, after); } };
  stand(kept().html);
  recount(Math.max(kept().at + COUNTED_FOR - Date.now(), GATHERED));
  setInterval(() => recount(GATHERED), 2 * COUNTED_FOR);
  document.addEventListener("said", () => recount(GATHERED));

  const heard = (message) => {
    const happened = JSON.parse(message.data);
    if (happened.type === "presence.changed") { if (happened.subject_id === here?.dataset.presence.split("/")[1]) be(); return; }
    if (happened.subject === "inbox") bell();
    // Whatever comes to somebody is told to them; what only changes may wait.
    recount(happened.subject === "inbox" ? GATHERED : COUNTED_FOR);
    if (follows(happened)) refresh();
  };
  const state = (now) => { document.body.dataset.stream = now; };
  const open = () => {
    clearTimeout(again);
    if (source || document.hidden) return;
    source = new EventSource(ADDRESS);
    source.addEventListener("open", () => state("open"));
    source.addEventListener("message", heard);
    source.addEventListener("reset", () => { refresh(); bell(); });
    source.addEventListener("error", () => {
      state("polled");
      // Refused: too many, or signed out. A cut line the browser mends itself.
      if (source?.readyState !== EventSource.CLOSED) return;
      source = null;
      again = setTimeout(open, AGAIN_AFTER);
    });
  };
  const close = () => { source?.close(); source = null; state("closed"); };
  setInterval(() => { if (source?.readyState !== EventSource.OPEN && !document.hidden) { refresh(); bell(); } }, POLLED_EVERY);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { close(); be("leaves"); return; }
    open(); refresh(); bell(); be();
  });
  // A wall that nothing happens on still tells what time it is.
  const every = Number(document.querySelector("[data-every]")?.dataset.every ?? 0) * 1000;
  if (every) setInterval(refresh, every, 0);
  addEventListener("pagehide", () => { close(); be("leaves"); });
  addEventListener("pageshow", (event) => { if (event.persisted) { open(); refresh(); be(); } });

  // ── who else is at this case
  const SAID_EVERY = 15_000, WRITES_FOR = 20_000;
  let here = document.querySelector("[data-presence]"), wroteAt = 0, said = "";
  const doing = () => (Date.now() - wroteAt < WRITES_FOR ? "writes" : "looks");
  const be = async (how = doing()) => {
    here = document.querySelector("[data-presence]");
    if (!here) return;
    said = how;
    const answer = await fetch(`/console/presence/${here.dataset.presence}`, {
      method: "POST", body: new URLSearchParams({ doing: how }), keepalive: how === "leaves",
      headers: { "x-csrf-token": token(), "hx-request": "true", "hx-request-type": "partial", "x-guibin-passive": "1" },
    }).catch(() => null);
    if (answer?.ok && how !== "leaves") here.innerHTML = await answer.text();
  };
  document.addEventListener("input", (event) => {
    if (!here || !event.target.closest("form[data-form]")) return;
    wroteAt = Date.now();
    if (said !== "writes") be();
  });
  document.addEventListener("htmx:after:swap", (event) => { if (event.detail.ctx?.target?.id === "main" && document.querySelector("[data-presence]:empty")) be(); });
  document.addEventListener("said", () => { wroteAt = 0; });
  setInterval(() => { if (!document.hidden) be(); }, SAID_EVERY);

  // ── nobody there: the page goes, and nothing of it is left behind the question for the password. Windows of one browser count as one
  const IDLE = Number(document.body.dataset.idle) * 60_000, LOOKED = 5_000, TOLD_EVERY = 60_000;
  let toldAt = Date.now(), movedAt = 0;
  const moved = () => {
    if (Date.now() - movedAt < 1_000) return;
    movedAt = Date.now();
    localStorage.setItem("active", String(movedAt));
  };
  for (const name of ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"]) addEventListener(name, moved, { passive: true });
  const tell = (place) => fetch(`/console/${place}`, { method: "POST", headers: { "x-csrf-token": token(), "hx-request": "true", "hx-request-type": "partial" } });
  const lock = async () => {
    document.querySelector(".g-shell").hidden = true;
    close();
    await be("leaves");
    await tell("lock").catch(() => null);
    document.dispatchEvent(new CustomEvent("guibin:leave", { detail: "unlock" }));
  };
  document.addEventListener("guibin:lock", lock);
  const watch = () => {
    const last = Number(localStorage.getItem("active") ?? 0);
    if (Date.now() - last > IDLE) { lock(); return; }
    if (last > toldAt && Date.now() - toldAt > TOLD_EVERY) { toldAt = Date.now(); tell("awake").catch(() => null); }
    setTimeout(watch, LOOKED);
  };
  moved();
  if (IDLE) setTimeout(watch, LOOKED);

  open();
  be();
})();
