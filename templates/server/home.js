"use strict";
// The home page: recordings are sent one after another, and every job is followed by one stream of events.
(() => {
  const say = JSON.parse($("say").textContent);
  const PENDING = ["queued", "working"];
  const LATELY = 8; // ended jobs that are shown
  const UPLOADS = 40; // of each kind that are shown
  const AT_ONCE_MS = 1500; // what is heard so soon was heard before, and says nothing about how fast it is
  const MEDIA = /\.(aac|ac3|aif+|amr|ape|au|avi|caf|flac|m4[abv]|mk[av]|mov|mp[234]|mpe?g|mts|mxf|oga|ogg|ogv|opus|ts|w64|wav|webm|wma|wmv|wv|3gp)$/i;

  const STAGES = {
    probe: say.stage_prepare, normalise: say.stage_prepare, detect: say.stage_prepare, plan: say.stage_prepare,
    recognise: say.stage_hear, diarise: say.stage_voices, notes: say.stage_notes,
  };
  const ERRORS = {
    invalid_audio: say.error_no_recording, file_too_large: say.error_too_large, disk_full: say.error_disk_full,
    quota_full: say.error_disk_full, queue_full: say.error_queue_full, stopping: say.error_stopping,
    upload_timeout: say.error_cut, model_unavailable: say.error_model, transcription_failed: say.error_failed,
    invalid_value: say.error_options,
  };

  const HOPELESS = ["invalid_audio", "file_too_large", "invalid_value"]; // the same again would fail again

  /* What is known */

  const jobs = new Map(); // by id, as the server tells them; and `rate`, by which the time left is told
  const uploads = []; // { file, state, sent, why, again }
  const rows = new Map(); // by job or upload
  let pendingCount = 0;

  function signIn() { location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`); }

  async function ask(method, path) {
    const answer = await fetch(path, { method, headers: { Accept: "application/json" } });
    if (answer.status === 401) signIn();
    const said = await answer.json().catch(() => ({}));
    return { status: answer.status, ok: answer.ok, said };
  }

  /* Rows: one element for each, changed in place, so that nobody loses the focus */

  function rowOf(key) {
    let row = rows.get(key);
    if (!row) {
      row = $("row").content.firstElementChild.cloneNode(true);
      rows.set(key, row);
    }
    return row;
  }

  /** @param {{title, state, what, detail, percent, acts}} looks percent: null where none is known */
  function fill(row, looks) {
    const part = (name) => row.querySelector(name);
    const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };
    row.dataset.state = looks.state;
    put(part("bdi"), looks.title);
    put(part(".what"), looks.what);
    put(part(".detail"), looks.detail || "");
    part(".detail").hidden = !looks.detail;
    const bar = part("progress");
    bar.hidden = !looks.working;
    if (looks.working) {
      if (looks.percent === null) bar.removeAttribute("value"); else bar.value = looks.percent;
      bar.setAttribute("aria-label", looks.title);
    }
    for (const name of ["open", "again", "cancel", "remove"]) {
      const act = looks.acts[name], element = part(`.${name}`);
      element.hidden = !act;
      if (!act) continue;
      const label = `${element.title || element.textContent.trim()}: ${looks.title}`;
      if (element.getAttribute("aria-label") !== label) element.setAttribute("aria-label", label);
      if (name === "open") element.href = act; else element.onclick = act;
    }
  }

  /** Put rows into a list in this order; those that are there already are not touched. */
  function arrange(list, keys) {
    keys.forEach((key, place) => {
      const row = rowOf(key);
      if (list.children[place] !== row) list.insertBefore(row, list.children[place] || null);
    });
    while (list.children.length > keys.length) list.lastElementChild.remove();
  }

  function timeLeft(job) {
    const { rate } = job;
    if (!rate || job.percent - rate.percent < 2) return "";
    const seconds = (100 - job.percent) * (performance.now() - rate.at) / 1000 / (job.percent - rate.percent);
    const minutes = Math.round(seconds / 60);
    if (minutes < 1) return say.left_soon;
    if (minutes < 60) return told(say.left_minutes, { n: minutes });
    return told(say.left_hours, { h: Math.floor(minutes / 60), m: minutes % 60 });
  }

  function jobLooks(job) {
    const working = job.state === "working", known = working && job.stage === "recognise" && job.percent > 0;
    const acts = {};
    let what, detail = "";
    if (working) {
      const parts = [job.stage ? STAGES[job.stage] || say.stage_finish : say.stage_prepare];
      if (known) parts.push(`${Math.floor(job.percent)}\u00a0%`, timeLeft(job));
      what = parts.filter(Boolean).join(" · ");
    } else if (job.state === "queued") {
      what = job.error ? say.waits_again : say.waits;
      detail = job.error || "";
    } else if (job.state === "failed") {
      ({ what, detail } = failure(job.title, job.code, job.error));
    } else {
      what = job.state === "done" ? say.done : say.cancelled;
      if (job.state === "done" && job.seconds) what += ` · ${clock(job.seconds * 1000)}`;
    }
    if (PENDING.includes(job.state)) acts.cancel = () => act("POST", job, "/cancel");
    else acts.remove = () => act("DELETE", job, "");
    if (job.state === "done") { acts.open = `/episodes/${job.id}`; delete acts.remove; }
    if (job.state === "cancelled" || (job.state === "failed" && !HOPELESS.includes(job.code))) acts.again = () => act("POST", job, "/again");
    return { title: job.title, state: job.state, what, detail, working, percent: known ? job.percent : null, acts };
  }

  /** What went wrong in the page's language, where it is known; else as the server tells it. */
  function failure(title, code, message) {
    const known = ERRORS[code];
    if (!known) return { what: message || say.error_failed, detail: "" };
    const begins = message?.startsWith(title) ? title.length : 0;
    // What follows is for whoever runs the server.
    return { what: known, detail: message ? message.slice(0, begins) + message.slice(begins).split(/\. (?=[A-Z])/)[0] : "" };
  }

  async function act(method, job, path) {
    try {
      const { status, ok, said } = await ask(method, `/v1/jobs/${job.id}${path}`);
      if (status === 404 || (ok && method === "DELETE")) forget(job.id);
      else if (ok) learn(said);
      else live(said.error?.message || say.error_failed);
    } catch {
      live(say.reconnecting);
    }
  }

  function live(text) { $("live").textContent = text; }

  function uploadLooks(upload) {
    const acts = {};
    const working = upload.state === "sending", part = working && upload.file.size ? upload.sent / upload.file.size : 0;
    let what, detail = "";
    if (working) {
      what = !upload.sent ? say.sending : part < 1 ? `${say.sending} · ${Math.floor(100 * part)}\u00a0%` : say.checking;
    } else if (upload.state === "waiting") {
      what = say.waits_to_be_sent;
    } else if (upload.state === "paused") {
      what = upload.why;
    } else {
      ({ why: what, detail } = upload);
    }
    if (upload.state === "cut") {
      if (!upload.file) acts.again = () => $("files").click();
      else if (upload.code === "invalid_value") acts.again = () => { upload.options = chosen(); sendAgain(upload); };
      else if (!HOPELESS.includes(upload.code)) acts.again = () => sendAgain(upload);
      acts.remove = () => drop(upload);
    } else {
      acts.cancel = () => { upload.request?.abort(); drop(upload); sendNext(); };
    }
    const percent = part > 0 && part < 1 ? 100 * part : null;
    return { title: upload.title, state: upload.state === "cut" ? "failed" : "upload", what, detail, working, percent, acts };
  }

  function sendAgain(upload) {
    upload.state = "waiting";
    show();
    sendNext();
  }

  function drop(upload) {
    uploads.splice(uploads.indexOf(upload), 1);
    rows.delete(upload);
    remember();
    show();
  }

  let due = false;
  function show() {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; draw(); });
  }

  function draw() {
    const all = [...jobs.values()];
    const pending = all.filter((job) => PENDING.includes(job.state))
      .sort((one, other) => (other.state === "working") - (one.state === "working") || one.created - other.created);
    const ended = all.filter((job) => !PENDING.includes(job.state))
      .sort((one, other) => other.changed - one.changed).slice(0, LATELY);
    for (const job of [...pending, ...ended]) fill(rowOf(job.id), jobLooks(job));
    const cut = uploads.filter((upload) => upload.state === "cut"), gone = cut.slice(0, UPLOADS);
    const active = uploads.filter((upload) => upload.state !== "cut").slice(0, UPLOADS);
    for (const upload of [...gone, ...active]) fill(rowOf(upload), uploadLooks(upload));
    arrange($("cut"), gone);
    arrange($("queue"), [...pending.filter((job) => job.state === "working").map((job) => job.id), ...active,
      ...pending.filter((job) => job.state === "queued").map((job) => job.id)]);
    arrange($("ended"), ended.map((job) => job.id));
    $("not-added").hidden = !gone.length;
    $("now").hidden = !$("queue").children.length;
    $("lately").hidden = !ended.length;
    $("empty").hidden = !listed || !$("not-added").hidden || !$("now").hidden || !$("lately").hidden;
    $("forget").hidden = cut.length < 2;
    const more = (id, n) => { $(id).textContent = n > 0 ? told(say.and_more, { n }) : ""; };
    more("more-cut", cut.length - gone.length);
    more("more", Math.max(0, pendingCount - pending.length) + uploads.length - cut.length - active.length);
  }

  /* Events */

  let stream, listed = false, seen = new Set();

  function learn(job) {
    const before = jobs.get(job.id);
    if (before && job.changed < before.changed) return; // answers and events overtake each other
    if (before && PENDING.includes(before.state) && !PENDING.includes(job.state)) {
      live(`${job.title}: ${jobLooks(job).what}`);
    }
    job.rate = job.state === "working" && job.stage === "recognise" ? before?.rate || rateOf(job) : null;
    jobs.set(job.id, job);
    show();
  }

  function rateOf(job) { return { at: performance.now(), percent: job.percent }; }

  function forget(id) {
    jobs.delete(id);
    rows.delete(id);
    show();
  }

  function follow() {
    stream = new EventSource("/v1/events");
    const on = (kind, take) => stream.addEventListener(kind, (event) => take(JSON.parse(event.data)));
    stream.onopen = () => { seen = new Set(); $("banner").hidden = true; };
    on("state", (job) => { seen.add(job.id); learn(job); });
    on("stage", ({ id, stage }) => { const job = jobs.get(id); if (job) { Object.assign(job, { stage, percent: 0 }); job.rate = stage === "recognise" ? rateOf(job) : null; show(); } });
    on("progress", ({ id, stage, percent }) => {
      const job = jobs.get(id);
      if (!job) return;
      Object.assign(job, { stage, percent });
      const resumed = job.rate && !job.rate.percent && performance.now() - job.rate.at < AT_ONCE_MS;
      if (stage === "recognise" && (!job.rate || resumed)) job.rate = rateOf(job);
      show();
    });
    on("removed", ({ id }) => forget(id));
    on("listed", ({ pending }) => { pendingCount = pending; catchUp(); });
    stream.onerror = () => {
      setTimeout(() => { if (stream.readyState !== EventSource.OPEN) $("banner").hidden = false; }, 1500);
      if (stream.readyState === EventSource.CLOSED) setTimeout(reopen, 3000); // else the browser does it itself
    };
  }

  async function reopen() {
    try {
      await ask("GET", "/v1/jobs?limit=1"); // tells whether somebody has to sign in again
      follow();
    } catch {
      setTimeout(reopen, 3000);
    }
  }

  /** After a gap: what ended meanwhile, and what was removed. */
  async function catchUp() {
    try {
      const { ok, said } = await ask("GET", "/v1/jobs?limit=30");
      if (!ok) return;
      const fresh = new Set(said.data.map((job) => job.id));
      said.data.forEach((job) => { if (!seen.has(job.id)) learn(job); });
      for (const job of jobs.values()) {
        if (!PENDING.includes(job.state) || seen.has(job.id) || fresh.has(job.id)) continue;
        const found = await ask("GET", `/v1/jobs/${job.id}`);
        if (found.ok) learn(found.said); else forget(job.id);
      }
      listed = true;
      show();
    } catch { /* the stream comes back, and with it this */ }
  }

  /* Uploads, one after another */

  const KEPT = "transcribe-uploads";

  function remember() {
    const names = uploads.filter((upload) => upload.state !== "cut").map((upload) => upload.title);
    try { sessionStorage.setItem(KEPT, JSON.stringify(names)); } catch { /* then a reload tells nothing */ }
  }

  function recall() {
    let names = [];
    try { names = JSON.parse(sessionStorage.getItem(KEPT)) || []; } catch { /* nothing was kept */ }
    for (const title of names) uploads.push({ title, file: null, state: "cut", why: say.was_cut });
    remember();
  }

  function take(files) {
    rememberLanguage($("language").value);
    for (const file of files) {
      const lost = uploads.findIndex((upload) => !upload.file && upload.title === file.name);
      if (lost >= 0) { rows.delete(uploads[lost]); uploads.splice(lost, 1); }
      const upload = { title: file.name, file, state: "waiting", sent: 0, options: chosen() };
      uploads.push(file.size ? upload : { ...upload, state: "cut", code: "invalid_audio", why: say.error_empty });
    }
    remember();
    show();
    sendNext();
  }

  function sendNext() {
    if (uploads.some((upload) => upload.state === "sending" || upload.state === "paused")) return;
    const upload = uploads.find((each) => each.state === "waiting");
    if (upload) send(upload);
  }

  function send(upload) {
    const form = new FormData(), request = new XMLHttpRequest();
    for (const [name, value] of upload.options) form.append(name, value);
    form.append("file", upload.file, upload.title);
    Object.assign(upload, { request, state: "sending", sent: 0 });
    const failed = (code, message) => {
      const { what, detail } = failure(upload.title, code, message);
      Object.assign(upload, { state: "cut", code, why: what, detail });
      live(`${upload.title}: ${what}`);
      remember();
      show();
      sendNext();
    };
    request.upload.onprogress = (event) => { upload.sent = Math.min(event.loaded, upload.file.size); show(); };
    request.onload = () => {
      let said = {};
      try { said = JSON.parse(request.responseText); } catch { /* told as failed */ }
      if (request.status === 401) { signIn(); return; }
      if (request.status === 429 || request.status === 503) {
        if (!uploads.includes(upload)) return;
        Object.assign(upload, { state: "paused", why: failure(upload.title, said.error?.code, said.error?.message).what });
        const wait = Number(request.getResponseHeader("Retry-After")) || 30;
        setTimeout(() => { if (upload.state === "paused") { upload.state = "waiting"; sendNext(); } }, wait * 1000);
        show();
        return;
      }
      if (request.status !== 200 && request.status !== 202) { failed(said.error?.code, said.error?.message); return; }
      seen.add(said.id);
      drop(upload);
      learn(said);
      if (request.status === 200) live(told(say.there_already, { title: said.title }));
      sendNext();
    };
    request.onerror = () => failed("", say.error_cut);
    request.open("POST", "/v1/jobs");
    request.send(form);
    show();
  }

  $("forget").addEventListener("click", () => { for (const upload of uploads.filter((each) => each.state === "cut")) drop(upload); });

  addEventListener("beforeunload", (event) => {
    if (uploads.some((upload) => upload.state === "sending" || upload.state === "waiting")) event.preventDefault();
  });

  for (const id of ["files", "folder"]) {
    $(id).addEventListener("change", (event) => {
      const files = [...event.target.files];
      take(id === "folder" ? files.filter(isMedia) : files);
      event.target.value = "";
    });
  }
  $("folder-choice").hidden = !("webkitdirectory" in HTMLInputElement.prototype) || matchMedia("(pointer: coarse)").matches;

  function isMedia(file) { return /^(audio|video)\//.test(file.type) || MEDIA.test(file.name); }

  /** Every recording in what was dropped; of folders what looks like one, of files all. */
  async function dropped(items) {
    const entries = [...items].map((item) => item.webkitGetAsEntry?.() || item.getAsFile()).filter(Boolean);
    const files = [];
    for (const entry of entries) {
      if (entry instanceof File) files.push(entry);
      else if (entry.isFile) files.push(await fileOf(entry));
      else await inside(entry, files);
    }
    return files.filter(Boolean);
  }

  function fileOf(entry) { return new Promise((got) => { entry.file(got, () => got(null)); }); }

  async function inside(folder, files) {
    const reader = folder.createReader();
    for (;;) {
      const some = await new Promise((got) => { reader.readEntries(got, () => got([])); });
      if (!some.length) return;
      for (const entry of some) {
        if (entry.isDirectory) { await inside(entry, files); continue; }
        const file = await fileOf(entry);
        if (file && isMedia(file)) files.push(file);
      }
    }
  }

  let over = 0;
  const holdsFiles = (event) => [...event.dataTransfer?.types || []].includes("Files");
  addEventListener("dragenter", (event) => { if (holdsFiles(event)) { over += 1; $("veil").hidden = false; } });
  addEventListener("dragleave", (event) => { if (holdsFiles(event) && --over <= 0) { over = 0; $("veil").hidden = true; } });
  addEventListener("dragover", (event) => { if (holdsFiles(event)) event.preventDefault(); });
  addEventListener("drop", async (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    over = 0;
    $("veil").hidden = true;
    take(await dropped(event.dataTransfer.items));
  });

  /* Options: what was chosen stays chosen in this browser */

  const OPTIONS = "transcribe-options";
  const form = $("options");

  function chosen() {
    const fields = [];
    for (const [name, value] of new FormData(form)) {
      if (name === "terms") value.split("\n").map((term) => term.trim()).filter(Boolean).forEach((term) => fields.push(["keywords[]", term]));
      else if (value) fields.push([name, value]);
    }
    return fields;
  }

  function restore() {
    let kept = {};
    try { kept = JSON.parse(localStorage.getItem(OPTIONS)) || {}; } catch { /* nothing was kept */ }
    for (const element of form.elements) {
      if (!element.name || !(element.name in kept)) continue;
      if (element.type === "checkbox") element.checked = kept[element.name] === true;
      else if (element.tagName !== "SELECT" || [...element.options].some((each) => each.value === kept[element.name])) element.value = kept[element.name];
    }
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => {
    const kept = {};
    for (const element of form.elements) if (element.name) kept[element.name] = element.type === "checkbox" ? element.checked : element.value;
    try { localStorage.setItem(OPTIONS, JSON.stringify(kept)); } catch { /* for this visit only */ }
  });

  const LANGUAGES = "transcribe-languages";
  const OTHER_CODES = { nb: "no", fil: "tl", iw: "he", jv: "jw" }; // those of browsers: those of the list

  function languagesLately() {
    try { return JSON.parse(localStorage.getItem(LANGUAGES)) || []; } catch { return []; }
  }

  function rememberLanguage(code) {
    if (!tongues.some((each) => each.value === code)) return;
    const lately = [code, ...languagesLately().filter((each) => each !== code)].slice(0, 3);
    try { localStorage.setItem(LANGUAGES, JSON.stringify(lately)); } catch { /* for this visit only */ }
  }

  const tongues = [...$("language").querySelectorAll(".tongue")];

  /** Languages by their names; on top the reader's, English, and those that were chosen lately. */
  function nameLanguages() {
    const page = document.documentElement.lang, names = new Intl.DisplayNames([page], { type: "language", fallback: "none" });
    for (const option of tongues) {
      const name = names.of(option.value) ?? say[`language_${option.value}`] ?? option.value;
      option.textContent = name[0].toLocaleUpperCase(page) + name.slice(1);
    }
    const readers = navigator.languages.map((each) => each.split("-")[0]).map((each) => OTHER_CODES[each] ?? each);
    const first = [...new Set([page, ...readers, "en", ...languagesLately()])];
    const often = first.map((code) => tongues.find((each) => each.value === code)).filter(Boolean);
    const others = tongues.filter((each) => !often.includes(each));
    others.sort((one, other) => one.textContent.localeCompare(other.textContent, page));
    for (const [label, options] of [[say.languages_often, often], [say.languages_others, others]]) {
      if (!others.length) { $("language").append(...options); continue; }
      const group = Object.assign(document.createElement("optgroup"), { label });
      group.append(...options);
      $("language").append(group);
    }
  }

  nameLanguages();
  restore();
  recall();
  follow();
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
})();
