// What the pages do by themselves: dialogs, keys, countdowns, lists, and words that are not lost. Everything else is htmx.
(() => {
  "use strict";
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const root = document.documentElement;
  const english = root.lang === "en";

  // ── light or dark as the reader's machine is, unless they chose
  if ("auto" in root.dataset) {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => { root.dataset.bsTheme = dark.matches ? "dark" : "light"; };
    follow();
    dark.addEventListener("change", follow);
  }

  // ── dialogs: opened by what arrives in them, closed by Esc, a click beside them, or what was done
  const dialog = () => $("#dialog");
  const open = (box) => { if (box && !box.open) box.showModal(); };
  document.addEventListener("htmx:after:swap", (event) => {
    const target = event.detail.ctx?.target;
    if (target?.id === "dialog-body" && target.childElementCount) {
      open(dialog());
      const first = $("[aria-invalid], [autofocus], select, textarea, input:not([type=hidden])", target);
      first?.focus();
      restore(target, over);
      over = false;
    }
    if (target?.id === "confirm-body" && target.childElementCount) {
      open($("#confirm"));
      $("[aria-invalid], [autofocus]", target)?.focus();
    }
    // Whoever is found at the counter is served by keys: they are letters no more.
    if (target?.id === "at-counter" && target.childElementCount) document.activeElement?.blur();
    if (target?.id === "found") {
      foundHere();
      choose(0);
      if (hurried && !stale()) { hurried = false; options()[0]?.click(); }
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target instanceof HTMLDialogElement) event.target.close();
  });

  // ── what happened: said after the page shows itself anew
  const toast = ({ text, undo, stays }) => {
    const made = $("#toast")?.content.firstElementChild.cloneNode(true);
    if (!made || !text) return;
    $("span", made).textContent = text;
    const button = $("button", made);
    if (undo) {
      let left = 10;
      const label = button.textContent;
      button.hidden = false;
      button.textContent = `${label} ${left}`;
      const tick = setInterval(() => { button.textContent = `${label} ${--left}`; if (left <= 0) clearInterval(tick); }, 1000);
      button.addEventListener("click", () => {
        htmx.ajax("POST", undo.to, { target: "#said", swap: "none", values: undo.given, headers: { "idempotency-key": undo.key } });
        made.remove();
      });
    }
    $("#said").replaceChildren(made);
    $("[data-act=unsay]", made).hidden = !stays;
    if (!stays) setTimeout(() => made.remove(), 10_000);
  };
  let told = null;
  document.addEventListener("htmx:after:swap", (event) => {
    if (!told || event.detail.ctx?.target?.id !== "main") return;
    toast(told);
    told = null;
  });
  document.addEventListener("said", (event) => {
    const said = event.detail?.value ?? event.detail;
    forget();
    dialog()?.close();
    if (said.to) {
      sessionStorage.setItem("said", JSON.stringify(said));
      location.assign(said.to);
      return;
    }
    told = said;
    htmx.ajax("GET", location.href, { target: "#main", swap: "innerHTML", select: "#main > *" });
  });
  // A value that is shown in clear needs the dialog no more; the page stays as it is.
  document.addEventListener("revealed", () => { forget(); dialog()?.close(); });
  const waiting = sessionStorage.getItem("said");
  if (waiting) {
    sessionStorage.removeItem("said");
    addEventListener("DOMContentLoaded", () => toast(JSON.parse(waiting)));
  }

  // ── what was typed and not sent yet stays in this browser's window, by address and person, until it is sent or they sign out
  const me = () => document.body.dataset.me ?? "";
  const form_at = (form) => form.getAttribute("hx-post") ?? form.getAttribute("action") ?? "";
  const draft = (form) => `draft ${me()} ${form_at(form)}`;
  const forget = () => $$("form[data-form]").forEach((form) => sessionStorage.removeItem(draft(form)));
  // What was sent is gone from the page by the time that is said: it is forgotten when the answer comes.
  document.addEventListener("htmx:after:request", (event) => {
    const form = event.detail.ctx?.sourceElement?.closest?.("form[data-form]");
    if (form && event.detail.ctx.response?.status === 200) sessionStorage.removeItem(draft(form));
  });
  const SECRET = /passw|secret|token|csrf/i;
  const isKept = (field) => field.name && !SECRET.test(field.name) && !["password", "hidden", "file", "submit"].includes(field.type) && !field.closest("[data-secret]");
  const typed = (form) => [...form.elements].filter(isKept)
    .map((field) => (["checkbox", "radio"].includes(field.type) ? [field.name, field.value, field.checked] : [field.name, field.value]));
  const restore = (within, over = false) => $$("form[data-form]", within).forEach((form) => {
    for (const [name, value, checked] of JSON.parse(sessionStorage.getItem(draft(form)) ?? "[]")) {
      for (const field of form.elements) {
        if (field.name !== name || !isKept(field)) continue;
        if (checked !== undefined) { if (field.value === value) field.checked = checked; } else if (over || !field.value) field.value = value;
      }
    }
  });
  const keepTyped = (form) => sessionStorage.setItem(draft(form), JSON.stringify(typed(form)));
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-form]");
    if (form) keepTyped(form);
  });

  // ── a session that ended or was locked: its page goes, and comes back with what was being written
  const REOPEN = "reopen";
  const here = () => location.pathname + location.search;
  const leave = (place, form) => {
    if (form) {
      keepTyped(form);
      const chosen = $$("input[type=hidden][name=id]", form).map((field) => ["id", field.value]);
      const ask = form.closest("#dialog") ? `${form_at(form)}${chosen.length ? `?${new URLSearchParams(chosen)}` : ""}` : "";
      sessionStorage.setItem(REOPEN, JSON.stringify({ who: me(), at: here(), ask }));
    }
    location.assign(document.body.dataset.leads ?? `/console/${place}?next=${encodeURIComponent(here())}`);
  };
  document.addEventListener("htmx:before:response", (event) => {
    const { response, sourceElement } = event.detail.ctx;
    const led = response.raw.redirected ? /^\/console\/(sign-in|unlock|wall\/code)$/.exec(new URL(response.raw.url).pathname)?.[1] : null;
    const told = response.status === 401 ? (response.headers.get("x-guibin-session") === "locked" ? "unlock" : "sign-in") : null;
    if (!(led ?? told) || !$(".g-shell")) return;
    event.preventDefault();
    leave(led ?? told, sourceElement?.closest?.("form[data-form]") ?? $("dialog[open] form[data-form]") ?? $("#main form[data-form]"));
  });
  // ── passkeys: the reader's device signs what the page was given, and it goes with the form it stands in
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-passkey]");
    if (!button) return;
    const { form } = button, failed = $("[data-failed]", form), asked = JSON.parse(button.dataset.options);
    failed.hidden = true;
    try {
      const made = button.dataset.passkey === "make"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
      form.elements.credential.value = JSON.stringify(made);
      form.requestSubmit();
    } catch { failed.hidden = false; }
  });

  // ── what matters most asks for the password again, and then goes on with what was begun
  let begun = null;
  const confirming = () => $("#confirm");
  const ask = (source) => { begun = source; htmx.ajax("GET", "/console/confirm", { target: "#confirm-body", swap: "innerHTML" }); };
  document.addEventListener("htmx:before:response", (event) => {
    const { response, sourceElement } = event.detail.ctx;
    if (response.headers.get("x-guibin-confirm") !== "asked" || !confirming() || !sourceElement) return;
    event.preventDefault();
    ask(sourceElement);
  });
  document.addEventListener("guibin:confirmed", () => {
    const again = begun;
    begun = null;
    confirming()?.close();
    if (!again?.isConnected) return;
    if (again.matches("form")) again.requestSubmit(); else again.click();
  });
  document.addEventListener("guibin:leave", (event) => leave(event.detail, $("dialog[open] form[data-form]") ?? $("#main form[data-form]")));
  let over = false;
  addEventListener("DOMContentLoaded", () => {
    restore(document);
    const back = JSON.parse(sessionStorage.getItem(REOPEN) ?? "null");
    if (!back || !$(".g-shell")) return;
    sessionStorage.removeItem(REOPEN);
    if (back.who !== me() || back.at !== here()) return;
    restore(document, true);
    if (back.ask) { over = true; htmx.ajax("GET", back.ask, { target: "#dialog-body", swap: "innerHTML" }); }
  });

  // ── deadlines go on counting: by the minute, by the second in the last one
  const skew = Date.now() - performance.timeOrigin - performance.now();
  const span = (seconds) => {
    const minutes = Math.floor(seconds / 60);
    if (minutes < 1) return english ? `${Math.floor(seconds)} s` : `${Math.floor(seconds)} 秒`;
    if (minutes < 60) return english ? `${minutes} min` : `${minutes} 分钟`;
    const hours = Math.floor(minutes / 60), rest = minutes % 60;
    if (hours >= 24) return english ? `${Math.floor(hours / 24)} d` : `${Math.floor(hours / 24)} 天`;
    return english ? `${hours} h${rest ? ` ${rest} min` : ""}` : `${hours} 小时${rest ? ` ${rest} 分` : ""}`;
  };
  const count = () => {
    const now = (Date.now() - skew) / 1000;
    // What was lent for a time is shown no longer.
    if (Number($("[data-over]")?.dataset.over ?? Infinity) <= now) { location.reload(); return; }
    for (const due of $$("time[data-due]")) {
      const left = Number(due.dataset.due) - now;
      if (left > 3600 || due.classList.contains("done")) continue;
      const words = $("span", due);
      words.textContent = left >= 0 ? (english ? `${span(left)} left` : `剩 ${span(left)}`) : (english ? `${span(-left)} late` : `逾期 ${span(-left)}`);
      if (left < 0 && !due.classList.contains("late")) {
        due.classList.remove("calm", "warn");
        due.classList.add("late");
        $("use", due)?.setAttribute("href", $("use", due).getAttribute("href").replace(/#.*/, "#alert-octagon"));
      }
    }
  };
  setInterval(count, 1000);

  // ── filters go into the address as soon as they are chosen; what is empty stays out of it
  document.addEventListener("formdata", (event) => {
    if (!event.target.matches?.("[data-filters]")) return;
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });
  // ── a telephone, card or identity number stands in no address: it is sent by itself, and the answer says where it leads
  const OF_CASES = /\b[A-Z]\d{6}-[0-9A-Z]{5}\b|\b\d{4}-\d{2}-\d{2}\b/g;
  const SOMEBODYS = /\d(?:[ ().\-/]*\d){6,}|[^\s@]@[^\s@]+\./;
  document.addEventListener("submit", (event) => {
    const form = event.target.matches?.("[data-filters]") ? event.target : null;
    const typed = form && $("[data-search]", form)?.value.normalize("NFKC").toUpperCase();
    if (!typed || !SOMEBODYS.test(typed.replace(OF_CASES, ""))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const values = { q: typed, list: new URL(form.action).pathname };
    htmx.ajax("POST", "/console/find/whose", { target: "#said", swap: "none", values });
  }, true);
  // ── the key that leads into the box stands in it, where there are keys
  const slash = () => {
    if (!matchMedia("(pointer: fine)").matches) return;
    for (const box of $$("[data-slash]")) { box.placeholder += "　/"; box.removeAttribute("data-slash"); }
  };
  slash();
  document.addEventListener("htmx:after:swap", slash);
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("[data-filters]");
    if (form) form.requestSubmit();
    if (event.target.closest?.("[data-selection]")) selected();
  });

  // ── lists: a row under the keys, a selection with its bar, a preview beside
  const rows = () => $$("[data-rows] tbody tr[data-row]");
  let at = -1;
  const go = (to) => {
    const all = rows();
    if (!all.length) return;
    at = Math.max(0, Math.min(all.length - 1, to));
    all.forEach((row, place) => row.classList.toggle("at", place === at));
    const row = all[at];
    row.scrollIntoView({ block: "nearest" });
    preview(row);
  };
  let looked = 0;
  const preview = (row) => {
    if (!row.dataset.preview || !$("#preview") || getComputedStyle($("#preview")).display === "none") return;
    clearTimeout(looked);
    looked = setTimeout(() => htmx.ajax("GET", row.dataset.preview, { target: "#preview", swap: "innerHTML" }), 120);
  };
  const selected = () => {
    const boxes = $$("[data-rows] tbody input[name=id]");
    const chosen = boxes.filter((box) => box.checked);
    boxes.forEach((box) => box.closest("tr").setAttribute("aria-selected", String(box.checked)));
    const bar = $("[data-bulk]");
    if (!bar) return;
    bar.hidden = !chosen.length;
    const words = $("b", bar);
    words.textContent = words.dataset.count.replace("%", chosen.length);
  };
  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-rows] tbody tr[data-row]");
    if (!row || event.target.closest("a, button, input")) return;
    go(rows().indexOf(row));
    if (!row.dataset.preview) location.assign(row.dataset.row);
  });
  document.addEventListener("dblclick", (event) => {
    const row = event.target.closest("[data-rows] tbody tr[data-row]");
    if (row && !event.target.closest("a, button, input")) location.assign(row.dataset.row);
  });

  // ── what others did shows by itself, while somebody looks and does nothing to it: nothing that is being done is disturbed
  const busy = () => document.hidden || $("dialog[open], :popover-open, [data-closes]") || $("[data-rows] tbody input:checked")
    || writes(document.activeElement) || getSelection()?.type === "Range" || $("[data-sending] > *");
  const PASSIVE = { "x-guibin-passive": "1" };
  // What a row says, but for what a clock alone changes in it.
  const words = (row) => {
    const copy = row.cloneNode(true);
    for (const due of $$("time[data-due]", copy)) due.textContent = `${due.dataset.due} ${due.className}`;
    return copy.textContent;
  };
  // A list keeps its rows where they are: those there become what they are now, new ones wait behind the bar above.
  const renew = async (live) => {
    const answer = await fetch(location.href, { headers: { ...PASSIVE, "hx-request": "true" } }).catch(() => null);
    if (!answer) return;
    if (busy()) { setTimeout(renew, 1_000, live); return; }
    if (!answer.ok || answer.redirected) { again(live, true); return; }
    const html = await answer.text().catch(() => "");
    if (!html) return;
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = new Map($$("#rows tr[data-row]", page).map((row) => [row.dataset.row, row]));
    const there = rows(), known = new Set(there.map((row) => row.dataset.row));
    const last = there.findLastIndex((row) => fresh.has(row.dataset.row));
    there.forEach((row, place) => {
      const now = fresh.get(row.dataset.row);
      row.classList.toggle("g-gone", !now && (place < last || !$("#rows tr.more", page)));
      if (!now || words(now) === words(row)) return;
      row.replaceChildren(...document.importNode(now, true).childNodes);
      row.classList.remove("g-new");
      requestAnimationFrame(() => row.classList.add("g-new"));
      htmx.process(row);
    });
    const tabs = $(".g-views .g-count", page) ? $$(".g-views .tabs > a", page) : [];
    $$(".g-views .tabs > a").forEach((tab, place) => {
      const now = $(".g-count", tabs[place] ?? tab), count = $(".g-count", tab);
      if (now && count) count.textContent = now.textContent;
    });
    const bar = $("[data-fresh]", live), more = [...fresh.keys()].filter((row) => !known.has(row)).length;
    const gone = there.filter((row) => row.classList.contains("g-gone")).length;
    bar.hidden = !more && !gone;
    $("span", bar).textContent = [[more, bar.dataset.fresh], [gone, bar.dataset.gone]]
      .filter(([count]) => count).map(([count, words]) => words.replace("%", count)).join(" · ");
  };
  const again = (live, all = false) => {
    const looked = rows()[at]?.dataset.row;
    const known = new Set(rows().map((row) => row.dataset.row));
    const whole = live.dataset.live !== "rows" || !known.size;
    if (!whole && !all && $("[data-fresh]", live)) { renew(live); return; }
    const target = whole ? "#main" : "#rows";
    const shown = (event) => {
      if (`#${event.detail.ctx?.target?.id}` !== target) return;
      document.removeEventListener("htmx:after:swap", shown);
      at = rows().findIndex((row) => row.dataset.row === looked);
      rows()[at]?.classList.add("at");
      if (!whole) rows().filter((row) => !known.has(row.dataset.row)).forEach((row) => row.classList.add("g-new"));
    };
    document.addEventListener("htmx:after:swap", shown);
    htmx.ajax("GET", location.href, { target, swap: "innerMorph", select: `${target} > *`, headers: PASSIVE });
    if (!whole && $("[data-fresh]", live)) $("[data-fresh]", live).hidden = true;
  };
  document.addEventListener("live:again", (event) => {
    const live = $("[data-live]");
    if (live && busy()) event.preventDefault(); else if (live) again(live);
  });

  // ── files: chosen, dropped or photographed, sent one after the other, each with how far it has come
  const token = () => JSON.parse(document.body.getAttribute("hx-headers:inherited"))["x-csrf-token"];
  const sendFile = (box, file) => new Promise((ended) => {
    const line = $("template", box).content.firstElementChild.cloneNode(true);
    const bar = $("progress", line), said = $("span > span", line);
    $("b", line).textContent = file.name;
    bar.setAttribute("aria-label", file.name);
    $("[data-sending]", box).append(line);
    const fail = (text) => {
      bar.remove();
      said.hidden = $("button", line).hidden = false;
      said.textContent = text;
      line.classList.add("late");
      ended(false);
    };
    if (file.size > Number(box.dataset.most)) { fail(box.dataset.tooLarge); return; }
    const form = new FormData(), asked = new XMLHttpRequest();
    const kind = $("select[name=kind]", box).value;
    if (kind) form.append("kind", kind);
    if ($("input[name=confidential]", box).checked) form.append("confidential", "true");
    form.append("file", file);
    asked.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; });
    asked.addEventListener("load", () => {
      if (asked.status === 200) { line.remove(); ended(true); return; }
      fail(new DOMParser().parseFromString(asked.responseText, "text/html").body.textContent.trim() || box.dataset.lost);
    });
    asked.addEventListener("error", () => fail(box.dataset.lost));
    asked.open("POST", box.dataset.files);
    asked.setRequestHeader("X-CSRF-Token", token());
    asked.setRequestHeader("HX-Request-Type", "partial");
    asked.send(form);
  });
  const sendFiles = async (box, files) => {
    let taken = 0;
    for (const file of files) if (await sendFile(box, file)) taken += 1;
    // What was refused stays to be read.
    const what = $("[data-sending] > *", box) ? "#files [data-there]" : "#files";
    if (taken) htmx.ajax("GET", box.dataset.files, { target: what, swap: "outerHTML", select: what });
  };
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-chosen], [data-photographed]")) return;
    sendFiles(event.target.closest("[data-files]"), [...event.target.files]);
    event.target.value = "";
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-files] [data-act]"), box = button?.closest("[data-files]");
    if (button?.dataset.act === "choose-files") $("[data-chosen]", box).click();
    if (button?.dataset.act === "photograph") $("[data-photographed]", box).click();
    if (button?.dataset.act === "dismiss") button.closest("[data-sending] > *").remove();
  });
  const held = (event) => (event.dataTransfer?.types.includes("Files") ? event.target.closest?.("[data-files]:has([data-chosen])") : null);
  document.addEventListener("dragover", (event) => { const box = held(event); if (box) { event.preventDefault(); box.classList.add("over"); } });
  document.addEventListener("dragleave", (event) => event.target.closest?.("[data-files]")?.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    const box = held(event);
    if (!box) return;
    event.preventDefault();
    box.classList.remove("over");
    sendFiles(box, [...event.dataTransfer.files]);
  });
  // What is confidential comes by an address of its own once it was said why.
  document.addEventListener("handed-out", (event) => {
    dialog()?.close();
    location.assign((event.detail?.value ?? event.detail).to);
  });

  // ── finding: Ctrl K
  const options = () => $$("#found [role=option]");
  let chosen = 0;
  // Whoever types and presses Enter at once means what they typed, not what was found for the letters before.
  let hurried = false;
  const stale = () => ($("#found [data-for]")?.dataset.for ?? "") !== $("#find-text").value.trim();
  const choose = (to) => {
    const all = options();
    if (!all.length) return;
    chosen = (to + all.length) % all.length;
    all.forEach((one, place) => one.setAttribute("aria-selected", String(place === chosen)));
    all[chosen].scrollIntoView({ block: "nearest" });
    $("#find-text").setAttribute("aria-activedescendant", all[chosen].id);
  };
  const find = () => {
    open($("#find"));
    $("#find-text").select();
    htmx.trigger("#find-text", "find-open");
  };
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "find-text") return;
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Enter") { hurried = stale(); if (!hurried) options()[chosen]?.click(); }
    else return;
    event.preventDefault();
  });
  // Somebody found for a field: what is chosen goes into it.
  document.addEventListener("click", (event) => {
    const option = event.target.closest(".g-found [data-id]");
    if (!option) return;
    const box = option.closest(".g-found");
    $(`#${box.dataset.into}`).value = option.dataset.id;
    $(`#${box.dataset.name}`).value = option.dataset.name;
    box.replaceChildren();
    $(`#${box.dataset.into}`).dispatchEvent(new Event("change", { bubbles: true }));
  });

  // ── a signature by finger: black on white whatever the theme, kept on this device until it is sent
  const inked = (form) => `ink ${form.dataset.ink}`;
  const ink = (form) => {
    const canvas = $("canvas", form), key = inked(form), pen = canvas.getContext("2d");
    const scale = 2;
    canvas.width = canvas.clientWidth * scale;
    canvas.height = canvas.clientHeight * scale;
    const blank = () => {
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.strokeStyle = "#1d2023";
      pen.lineWidth = 3 * scale;
      pen.lineCap = pen.lineJoin = "round";
    };
    const keep = (image) => {
      if (image) localStorage.setItem(key, image); else localStorage.removeItem(key);
      form.elements.content.value = image ? image.split(",")[1] : "";
      $("[data-ink-kept]", form).hidden = !image;
    };
    blank();
    const before = localStorage.getItem(key);
    if (before) {
      const image = new Image();
      image.addEventListener("load", () => pen.drawImage(image, 0, 0, canvas.width, canvas.height));
      image.src = before;
      keep(before);
    }
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    };
    canvas.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      pen.beginPath();
      pen.moveTo(...at(event));
      const draw = (moved) => { pen.lineTo(...at(moved)); pen.stroke(); };
      draw(event);
      canvas.addEventListener("pointermove", draw);
      canvas.addEventListener("pointerup", () => { canvas.removeEventListener("pointermove", draw); keep(canvas.toDataURL("image/png")); }, { once: true });
    });
    form.clear = () => { blank(); keep(""); };
    const unsent = $("[data-ink-unsent]", form);
    form.addEventListener("htmx:error", () => { unsent.hidden = false; });
    addEventListener("online", () => { if (form.isConnected && !unsent.hidden) form.requestSubmit(); });
    form.addEventListener("htmx:after:request", (event) => { if (event.detail.ctx?.response?.status === 200) localStorage.removeItem(key); });
    form.dataset.inking = "";
  };
  const inkAll = () => $$("form[data-ink]:not([data-inking])").forEach(ink);
  document.addEventListener("htmx:after:swap", inkAll);
  addEventListener("DOMContentLoaded", inkAll);

  // ── a file to be sent: read when it is chosen, sent with the form's other fields
  document.addEventListener("change", (event) => {
    const field = event.target.closest?.("input[data-file]"), file = field?.files[0];
    if (!field) return;
    const form = field.closest("form"), button = $("button[type=submit]", form), reader = new FileReader();
    form.elements.file_name.value = form.elements.content.value = "";
    if (!file) return;
    button.disabled = true;
    reader.addEventListener("load", () => {
      form.elements.file_name.value = file.name;
      form.elements.content.value = reader.result.split(",")[1] ?? "";
      button.disabled = false;
    });
    reader.addEventListener("error", () => { button.disabled = false; });
    reader.readAsDataURL(file);
  });

  // ── a file: fetched with the token, kept by the browser; what is wrong comes back as the form
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest?.("form[data-download]");
    if (!form) return;
    event.preventDefault();
    const button = $("button[type=submit]", form);
    button.disabled = true;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-CSRF-Token": form.dataset.download, "HX-Request-Type": "partial" } });
      if (answer.headers.get("x-guibin-confirm") === "asked") { ask(form); return; }
      const named = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "");
      if (!named) {
        const box = form.closest("#dialog-body") ?? form.parentElement;
        if (answer.status === 422) { box.innerHTML = await answer.text(); htmx.process(box); $("[aria-invalid]", box)?.focus(); }
        else $("#said").innerHTML = await answer.text();
        return;
      }
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await answer.blob());
      link.download = named[1];
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      dialog()?.close();
      toast({ text: decodeURIComponent(answer.headers.get("x-guibin-said") ?? "") });
    } finally { button.disabled = false; }
  });

  // ── a code in front of the telephone's camera, where the browser can read one: what it says is looked up as if typed
  const camera = () => {
    const button = $("[data-act=scan]");
    if (button) button.hidden = !("BarcodeDetector" in window && navigator.mediaDevices);
  };
  addEventListener("DOMContentLoaded", camera);
  const scan = async (button) => {
    const form = button.form, box = $("[data-camera]", form), film = $("video", box);
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    try {
      film.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      button.replaceWith(button.dataset.refused);
      return;
    }
    box.hidden = false;
    button.hidden = true;
    await film.play();
    const stop = () => { film.srcObject.getTracks().forEach((track) => track.stop()); box.hidden = true; button.hidden = false; };
    const look = async () => {
      if (!form.isConnected) { stop(); return; }
      const [found] = await detector.detect(film).catch(() => []);
      if (!found) { requestAnimationFrame(look); return; }
      stop();
      form.elements.code.value = found.rawValue;
      form.requestSubmit();
    };
    look();
  };

  // ── what the page itself offers: its buttons that have a key, for the sheet of keys and for Ctrl K
  const labelOf = (button) => button.getAttribute("aria-label")
    ?? [...button.childNodes].filter((each) => each.nodeName !== "KBD").map((each) => each.textContent).join("").trim();
  const offered = () => $$("[data-key]").filter((each) => !each.closest("dialog") && each.offsetParent && labelOf(each));
  const keysHere = () => {
    const list = $("#keys-here"), told = new Set($$("#keys dl:not(#keys-here) kbd").map((each) => each.textContent));
    list.replaceChildren();
    const tell = (key, said) => {
      if (told.has(key)) return;
      told.add(key);
      const dt = document.createElement("dt"), dd = document.createElement("dd"), kbd = document.createElement("kbd");
      kbd.textContent = key;
      dt.append(kbd);
      dd.textContent = said;
      list.append(dt, dd);
    };
    for (const button of offered()) {
      if (/^\d$/.test(button.dataset.key)) tell("1–9", list.dataset.rowsSaid); else tell(button.dataset.key.toUpperCase(), labelOf(button));
    }
    list.previousElementSibling.hidden = !list.children.length;
  };
  const foundHere = () => {
    const box = $("#found"), text = $("#find-text").value.trim().toLowerCase();
    const there = new Set(options().map((each) => each.textContent.trim()));
    const found = text ? offered().filter((each) => !there.has(labelOf(each))).filter((each) => !/^\d$/.test(each.dataset.key) && labelOf(each).toLowerCase().includes(text)).slice(0, 5) : [];
    if (!found.length) return;
    $("[data-none]", box)?.remove();
    const group = document.createElement("div"), head = document.createElement("h4");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", box.dataset.here);
    head.setAttribute("aria-hidden", "true");
    head.textContent = box.dataset.here;
    group.append(head, ...found.map((button, place) => {
      const option = document.createElement("button");
      option.type = "button";
      option.id = `found-h${place}`;
      option.setAttribute("role", "option");
      option.textContent = labelOf(button);
      option.addEventListener("click", () => { $("#find").close(); button.click(); });
      return option;
    }));
    box.append(group);
  };

  // ── what buttons do without asking the server
  const acts = {
    find,
    keys: () => { keysHere(); open($("#keys")); },
    close: (button) => button.closest("dialog")?.close(),
    unsay: () => $("#said").replaceChildren(),
    filters: (button) => button.setAttribute("aria-expanded", button.form.classList.toggle("is-open")),
    menu: () => document.body.classList.toggle("nav-open"),
    all: (box) => { $$("[data-rows] tbody input[name=id]").forEach((one) => { one.checked = box.checked; }); selected(); },
    earlier: (button) => { const line = button.closest("li"), before = line.previousElementSibling; if (before) { before.before(line); button.focus(); } },
    later: (button) => { const line = button.closest("li"), after = line.nextElementSibling; if (after) { after.after(line); button.focus(); } },
    none: () => { $$("[data-rows] input[type=checkbox]").forEach((one) => { one.checked = false; }); selected(); },
    fresh: () => again($("[data-live]"), true),
    "sign-out": () => Object.keys(sessionStorage).filter((key) => key.startsWith("draft ") || key.startsWith("counts ") || key === REOPEN).forEach((key) => sessionStorage.removeItem(key)),
    lock: () => document.dispatchEvent(new Event("guibin:lock")),
    print: () => print(),
    copy: async (button) => {
      await navigator.clipboard.writeText($(`#${button.dataset.from}`).value);
      $("span", button).textContent = button.dataset.done;
    },
    scan,
    "ink-clear": (button) => button.closest("form").clear(),
    "keys-off": () => { localStorage.setItem("keys", keysOn() ? "off" : "on"); nameKeys(); },
  };
  const keysOn = () => localStorage.getItem("keys") !== "off";
  const nameKeys = () => {
    const button = $("[data-act=keys-off]");
    if (button) button.textContent = keysOn() ? button.dataset.off : button.dataset.on;
    document.body.classList.toggle("no-keys", !keysOn());
  };
  addEventListener("DOMContentLoaded", nameKeys);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (button) acts[button.dataset.act]?.(button);
  });

  // ── keys: one letter, never while something is written
  const writes = (element) => element.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  const places = { h: "/console/", c: "/console/complaints", u: "/console/customers", a: "/console/approvals", n: "/console/notices" };
  let leader = false;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); find(); return; }
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      const form = event.target.closest?.("form") ?? $("dialog[open] form");
      if (form) { event.preventDefault(); form.requestSubmit(); }
      return;
    }
    if (event.key === "Escape" && event.target.matches?.("[data-search]")) { event.target.blur(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || writes(event.target) || !keysOn()) return;
    if ($("dialog[open]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (leader) {
      leader = false;
      if (places[key]) { event.preventDefault(); location.assign(places[key]); }
      return;
    }
    const done = () => event.preventDefault();
    const button = event.key !== "?" ? $(`#main [data-key="${CSS.escape(key)}"]`) : null;
    if (button) { done(); button.click(); return; }
    if (key === "?") { done(); acts.keys(); }
    else if (key === "z" && $("#said [data-undo]:not([hidden])")) { done(); $("#said [data-undo]").click(); }
    else if (key === "/") { const box = $("[data-search]"); if (box) { done(); box.focus(); box.select(); } else { done(); find(); } }
    else if (key === "c") { const counter = $('.g-nav a[href="/console/counter"]'); if (counter) { done(); counter.click(); } }
    else if (key === "g") { leader = true; setTimeout(() => { leader = false; }, 1500); }
    else if (key === "j" && rows().length) { done(); go(at + 1); }
    else if (key === "k" && rows().length) { done(); go(at - 1); }
    else if (key === "x" && at >= 0) { done(); const box = $("input[name=id]", rows()[at]); if (box) { box.checked = !box.checked; selected(); } }
    else if (key === "Enter" && at >= 0 && !event.target.closest?.("a, button")) { done(); location.assign(rows()[at].dataset.row); }
    else if (key === "Escape") { const back = $("[data-back]"); if (document.body.classList.contains("nav-open")) acts.menu(); else if (back) back.click(); else acts.none(); }
  });

  // ── sealed values close again after half a minute
  document.addEventListener("htmx:after:swap", () => {
    for (const shown of $$("[data-closes]:not([data-closing])")) {
      shown.dataset.closing = "";
      setTimeout(() => {
        const masked = $("template", shown)?.content.cloneNode(true);
        if (masked) shown.replaceChildren(masked);
        shown.classList.remove("open");
        delete shown.dataset.closes;
        delete shown.dataset.closing;
        htmx.process(shown);
      }, Number(shown.dataset.closes) * 1000);
    }
  });

  // htmx begins in a task of its own, after the page has shown: a key or click until then would be lost.
  htmx.process(document.body);
})();
