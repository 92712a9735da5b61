"use strict";
/* The transcript as it is corrected. A stretch is a run of recognised words, `first` to before `end`, with the lines
   that it is on the server (`saved`) and the lines that stand in the page; mostly one of each. Typing, dividing,
   joining, other speakers and undoing all send the lines of a stretch. */
(() => {
  const { id, named, say } = JSON.parse($("texts").textContent);
  const base = `/episodes/${id}`;
  const sheet = $("words");
  const MARKS = "●■▲◆★✚", DOUBTFUL = 0.4, AROUND_MS = 2000, NEAR_MS = 1500, MOST_SHOWN = 3000;
  const SPACELESS = /[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]/;
  const drafts = makeStore(`transcribe-draft:${id}:`), kept = makeStore("transcribe-kept:");
  let stretches = [], revision = "", speakers = [], spots = [], approval = null;
  let looked = new Set(kept.get(`looked:${id}`) ?? []);
  let undone = [], done = [];
  let composing = false;

  /* Lines in the page */

  const model = document.createElement("div");
  model.className = "line";
  model.innerHTML = '<button type="button" class="speaker" tabindex="-1"><span aria-hidden="true"></span> <bdi></bdi></button>'
    + '<a class="stamp" tabindex="-1"><time></time></a><p class="text" role="textbox" spellcheck="true" dir="auto"></p>';
  model.lastChild.contentEditable = "plaintext-only";
  if (model.lastChild.contentEditable !== "plaintext-only") model.lastChild.contentEditable = "true";
  const lineOf = new WeakMap(); // by its row in the page

  function newLine(text, speaker, startMs) {
    const row = model.cloneNode(true), [button, stamp, box] = row.children;
    const line = { row, button, stamp, box, speaker: null, startMs: -1, stretch: null, doubts: [] };
    lineOf.set(row, line);
    box.textContent = text;
    showStart(line, startMs);
    setSpeaker(line, speaker);
    return line;
  }

  function showStart(line, ms) {
    line.startMs = ms;
    line.stamp.dataset.ms = ms;
    line.stamp.href = `#t=${(ms / 1000).toFixed(3)}`;
    line.stamp.firstChild.textContent = clock(ms);
  }

  function setStart(line, ms) {
    if (ms === line.startMs) return;
    showStart(line, ms);
    label(line);
  }

  function setSpeaker(line, speaker) {
    line.speaker = speaker;
    if (speaker !== null && !speakers.includes(speaker)) speakers.push(speaker);
    label(line);
  }

  function label(line) {
    const who = line.speaker ?? say.nobody;
    line.box.setAttribute("aria-label", told(say.line, { time: clock(line.startMs), who }));
    line.button.lastChild.textContent = who;
    line.button.setAttribute("aria-label", told(say.speaker, { who }));
    const number = speakers.indexOf(line.speaker);
    line.button.firstChild.textContent = number < 0 ? "" : MARKS[number % 6];
    line.row.className = number < 0 ? "line" : `line speaker-${number % 6}`;
  }

  /** Where turns begin: there the name stands. */
  function showTurns() {
    let before;
    const anybody = speakers.length > 0;
    for (const line of allLines()) {
      const begins = anybody && line.speaker !== before;
      if (line.row.classList.contains("turn") !== begins) line.row.classList.toggle("turn", begins);
      if (line.button.hidden === begins) line.button.hidden = !begins;
      before = line.speaker;
    }
  }

  function* allLines() { for (const stretch of stretches) yield* stretch.lines; }
  const textOf = (line) => plainText(line.box.textContent);
  const wantedOf = (stretch) => stretch.lines.map((line) => ({ text: textOf(line), speaker: line.speaker })).filter((line) => line.text);
  const same = (these, those) => these.length === those.length
    && these.every((line, n) => plainText(line.text) === plainText(those[n].text) && (line.speaker ?? null) === (those[n].speaker ?? null));
  const isSaved = (stretch) => same(wantedOf(stretch), stretch.saved);

  function stretchOf(said, line) {
    const stretch = {
      first: said.first, end: said.end, saved: [{ text: said.text, speaker: said.speaker }],
      words: said.words, seen: said.corrections, lines: [line], refused: null,
    };
    line.stretch = stretch;
    return stretch;
  }

  function fresh(said) {
    const line = newLine(said.text, said.speaker, said.words[0]?.start_ms ?? 0);
    return stretchOf(said, line);
  }

  /* Loading */

  async function load() {
    const answer = await ask(`${base}/transcript`);
    if (answer.status !== 200) {
      if (!stretches.length) notLoaded(answer);
      return false;
    }
    const at = caret(), known = new Map(stretches.filter((each) => !isSaved(each)).map((each) => [each.first, draftOf(each)]));
    for (const name of drafts.names()) { const draft = drafts.get(name); if (draft && !known.has(draft.first)) known.set(draft.first, draft); }
    take(answer.body);
    CSS.highlights?.get("doubt")?.clear();
    stretches = answer.body.lines.map(fresh);
    const all = document.createDocumentFragment();
    for (const line of allLines()) all.append(line.row);
    if (!stretches.length) all.append(Object.assign(document.createElement("p"), { className: "soft", textContent: say.nothing }));
    sheet.replaceChildren(all);
    sheet.removeAttribute("aria-busy");
    setTimeout(() => stretches.forEach(showDoubts)); // once they are seen
    for (const draft of known.values()) restore(draft);
    showTurns(); retime(); showLeft(); searchAgain();
    if (at) putCaret(lineFrom(at.first), at.offset);
    if (nextUnsaved()) saver.soon(0);
    return true;
  }

  function take(body) {
    ({ revision, approval } = body);
    speakers = [...body.speakers];
    spots = spotsOf(body);
    showApproval();
  }

  function notLoaded(answer) {
    const told_ = document.createElement("p"), again = document.createElement("button");
    told_.textContent = told(say.not_loaded, { why: answer.body?.error?.message ?? String(answer.status || "–") });
    Object.assign(again, { type: "button", className: "switch", textContent: say.again });
    again.addEventListener("click", load);
    sheet.replaceChildren(told_, again);
  }

  /* Drafts */

  const draftOf = (stretch) => ({
    first: stretch.first, end: stretch.end, seen: stretch.seen,
    lines: stretch.lines.map((line) => ({ text: line.box.textContent, speaker: line.speaker })),
  });
  const draftName = (stretch) => `${stretch.first}-${stretch.end}`;

  function keepDraft(stretch) {
    if (isSaved(stretch)) drafts.remove(draftName(stretch)); else drafts.set(draftName(stretch), draftOf(stretch));
  }

  /** Put what was typed, and did not reach the server, over what is there. */
  function restore(draft) {
    const over = stretches.filter((each) => each.first < draft.end && each.end > draft.first);
    drafts.remove(draftName(draft));
    if (!over.length) return;
    const whole = join(over);
    const fits = whole.first === draft.first && whole.end === draft.end;
    if (!fits) { // somebody has joined or divided these lines: both texts stay, for the person to choose
      draft.lines = [...whole.saved, ...draft.lines];
    }
    setLines(whole, draft.lines);
    whole.seen = draft.seen;
    keepDraft(whole);
  }

  /** Make several stretches one. */
  function join(parts) {
    if (parts.length === 1) return parts[0];
    const whole = {
      first: parts[0].first, end: parts.at(-1).end, saved: parts.flatMap((each) => each.saved),
      words: parts.flatMap((each) => each.words), seen: [...new Set(parts.flatMap((each) => each.seen))],
      lines: parts.flatMap((each) => each.lines), refused: null,
    };
    for (const each of parts) drafts.remove(draftName(each));
    for (const line of whole.lines) line.stretch = whole;
    stretches.splice(stretches.indexOf(parts[0]), parts.length, whole);
    return whole;
  }

  /** Show other lines in the place of those of a stretch. */
  function setLines(stretch, wanted) {
    const next = stretch.lines.at(-1)?.row.nextSibling ?? null;
    const start = stretch.words[0]?.start_ms ?? 0;
    wanted.forEach((each, n) => {
      const line = stretch.lines[n];
      if (!line) {
        const more = newLine(each.text, each.speaker, start);
        more.stretch = stretch;
        sheet.insertBefore(more.row, next);
        stretch.lines.push(more);
        return;
      }
      if (line.box.textContent !== each.text) setText(line, each.text);
      setSpeaker(line, each.speaker ?? null);
    });
    for (const line of stretch.lines.splice(Math.max(1, wanted.length))) line.row.remove();
    if (!wanted.length) setText(stretch.lines[0], "");
    showDoubts(stretch);
  }

  function setText(line, text) {
    const at = document.activeElement === line.box ? caretIn(line.box) : -1;
    line.box.textContent = text;
    if (at >= 0) putCaret(line, Math.min(at, text.length));
  }

  /* Saving */

  function nextUnsaved() {
    return stretches.find((stretch) => {
      if (isSaved(stretch) || (stretch.refused && same(stretch.refused, wantedOf(stretch)))) return false;
      const here = stretch.lines.some((line) => line.box === document.activeElement);
      // Whoever empties a line is about to write another text into it.
      return !(here && (composing || stretch.lines.some((line) => line.box === document.activeElement && !textOf(line))));
    });
  }

  const who = () => (named ? kept.get("name") ?? "" : "");
  const editOf = (stretch, lines) => ({ first: stretch.first, end: stretch.end, lines, seen: stretch.seen });

  async function save(stretch) {
    const lines = wantedOf(stretch), before = stretch.saved;
    const outcome = await send([editOf(stretch, lines)], (parts) => parts.forEach((part) => put(part, stretch, lines)));
    if (outcome === "refused") {
      stretch.refused = lines;
      if (stretch.lines.length !== stretch.saved.length) { setLines(stretch, stretch.saved); keepDraft(stretch); showTurns(); }
    }
    if (outcome === "done") remember([{ first: stretch.first, end: stretch.end, before, after: lines }]);
    return outcome;
  }

  /** Send edits; `accept` puts what the server made of them into the page. */
  async function send(edits, accept, prefer) {
    const answer = await ask(`${base}/edits`, { revision, edits, who: who(), ...(prefer ? { prefer } : {}) });
    if (answer.status === 200) {
      const others = answer.body.before !== revision;
      revision = answer.body.revision;
      accept(answer.body.parts);
      approval = answer.body.approval;
      showTurns(); retime(); showLeft(); showApproval(); searchAgain();
      if (others) await load(); // somebody else has changed something, too
      return "done";
    }
    const code = answer.body?.error?.code;
    if (code === "edit_conflict") return send(edits, accept, await choose(answer.body.conflicts));
    if (code === "other_recognition") return (await load()) ? "again" : "away";
    if ([0, 401].includes(answer.status) || answer.status >= 500 || answer.status === 408 || answer.status === 429) return "away";
    tell("refused", { why: answer.body?.error?.message ?? String(answer.status) });
    return "refused";
  }

  /** Put lines from the server into the page; what was typed since `sent` stays, and is saved next. */
  function put(part, sender = null, sent = []) {
    const over = stretches.filter((each) => each.first < part.end && each.end > part.first);
    if (!over.length) return;
    const at = stretches.indexOf(over[0]);
    for (const each of over) drafts.remove(draftName(each));
    const typed = sender !== null && !same(wantedOf(sender), sent) || over.some((each) => each !== sender && !isSaved(each));
    const old = over.flatMap((each) => each.lines).filter((line) => {
      if (textOf(line) || (typed && line.box === document.activeElement)) return true;
      line.row.remove();
      return false;
    });
    if (typed && old.length !== part.lines.length) { // divided or joined again meanwhile: still one stretch
      const whole = { ...over[0], first: part.first, end: part.end, lines: old, refused: null };
      whole.saved = part.lines.map(({ text, speaker }) => ({ text, speaker }));
      whole.words = part.lines.flatMap((each) => each.words);
      whole.seen = [...new Set(part.lines.flatMap((each) => each.corrections))];
      for (const line of old) line.stretch = whole;
      stretches.splice(at, over.length, whole);
      keepDraft(whole);
      return;
    }
    const next = over.at(-1).lines.at(-1).row.isConnected ? over.at(-1).lines.at(-1).row.nextSibling : old.at(-1)?.row.nextSibling ?? null;
    for (const line of old.splice(part.lines.length)) line.row.remove();
    const made = part.lines.map((said, n) => {
      const line = old[n];
      if (!line) {
        const stretch = fresh(said);
        sheet.insertBefore(stretch.lines[0].row, next);
        showDoubts(stretch);
        return stretch;
      }
      const stretch = stretchOf(said, line);
      if (!typed) {
        if (textOf(line) !== plainText(said.text)) setText(line, said.text);
        setSpeaker(line, said.speaker);
      }
      setStart(line, said.words[0]?.start_ms ?? line.startMs);
      showDoubts(stretch);
      return stretch;
    });
    stretches.splice(at, over.length, ...made);
    for (const each of made) keepDraft(each);
  }

  /** Ask which of two texts stays. */
  async function choose(conflicts) {
    const show = (where, lines) => where.replaceChildren(...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line.text, dir: "auto" })));
    show($("clash-theirs"), conflicts.flatMap((each) => each.theirs));
    show($("clash-mine"), conflicts.flatMap((each) => each.mine));
    const name = conflicts.map((each) => each.who).find(Boolean);
    $("clash-who").textContent = name ? told(say.theirs_by, { who: name }) : "";
    const at = caret();
    const chosen = await ended($("clash"));
    if (at) putCaret(lineFrom(at.first), at.offset);
    return chosen === "mine" ? "mine" : "theirs";
  }

  /** Show a dialog; the value of the button that ended it. */
  function ended(dialog) {
    return new Promise((resolve) => {
      dialog.returnValue = "";
      dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
      dialog.showModal();
    });
  }

  let state = "saved";
  function tell(name, values = {}) {
    state = name;
    $("state").textContent = told(say[name], values);
    $("state").dataset.state = name;
  }

  const saver = makeSaver({ unsaved: nextUnsaved, save, tell: (name) => { if (!(state === "refused" && name === "saved" && stretches.some((each) => each.refused && !isSaved(each)))) tell(name); } });

  function touch(stretch, ms) {
    keepDraft(stretch);
    if (!isSaved(stretch) && state === "saved") tell("saving");
    saver.soon(ms);
  }

  addEventListener("beforeunload", (event) => { if (stretches.some((each) => !isSaved(each))) event.preventDefault(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) saver.now(); });

  /* Undo and redo: the former lines are sent */

  function remember(edits) {
    done.push({ edits });
    undone = [];
    if (done.length > 500) done.shift();
    showHistory();
  }

  function showHistory() { $("undo").disabled = !done.length && !nextUnsaved(); $("redo").disabled = !undone.length; }

  async function step(from, to, which) {
    if (!(await saver.now())) return;
    const entry = from().pop();
    showHistory();
    if (!entry) return;
    let outcome;
    if (entry.names) {
      const names = which === "before" ? Object.fromEntries(Object.entries(entry.names).map(([one, other]) => [other, one])) : entry.names;
      outcome = await rename(names);
    } else {
      outcome = await edit(entry.edits.map((each) => ({ first: each.first, end: each.end, lines: each[which] })));
    }
    if (outcome === "done") to().push(entry); else from().push(entry);
    showHistory();
    const first = entry.edits?.[0].first;
    if (outcome === "done" && first !== undefined) {
      const line = lineFrom(first);
      if (line) { bring(line.row); putCaret(line, textOf(line).length); }
    }
  }
  const undo = () => step(() => done, () => undone, "before");
  const redo = () => step(() => undone, () => done, "after");

  /** Make several edits at once. */
  async function edit(edits) {
    tell("saving");
    const whole = edits.map((each) => {
      const over = stretches.filter((stretch) => stretch.first < each.end && stretch.end > each.first);
      return { ...each, seen: [...new Set(over.flatMap((stretch) => stretch.seen))] };
    });
    let outcome = await send(whole, (parts) => parts.forEach((part) => put(part)));
    if (outcome === "again") outcome = await send(whole, (parts) => parts.forEach((part) => put(part)));
    if (outcome === "done") tell("saved"); else if (outcome === "away") tell("unsaved");
    return outcome;
  }

  /** Edits that a person can undo. */
  async function change(edits) {
    if (!(await saver.now())) return;
    const entries = edits.map(({ stretch, lines }) => ({ first: stretch.first, end: stretch.end, before: stretch.saved, after: lines }));
    if (await edit(entries.map((each) => ({ first: each.first, end: each.end, lines: each.after }))) === "done") remember(entries);
  }

  async function rename(names) {
    const answer = await ask(`${base}/speakers`, { revision, names });
    if (answer.status !== 200) { tell(answer.status ? "refused" : "unsaved", { why: answer.body?.error?.message ?? "" }); return "refused"; }
    const renamed = (list) => list.map((line) => ({ ...line, speaker: names[line.speaker] ?? line.speaker }));
    for (const entry of [...done, ...undone]) for (const each of entry.edits ?? []) { each.before = renamed(each.before); each.after = renamed(each.after); }
    await load();
    tell("saved");
    return "done";
  }

  /* The caret */

  function lineAt(node) {
    const row = (node?.nodeType === Node.TEXT_NODE ? node.parentElement : node)?.closest?.(".line");
    return row ? lineOf.get(row) : undefined;
  }

  function caretIn(box) {
    const selection = getSelection();
    if (!selection.rangeCount || !box.contains(selection.anchorNode)) return -1;
    const range = document.createRange();
    range.selectNodeContents(box);
    range.setEnd(selection.focusNode, selection.focusOffset);
    return range.toString().length;
  }

  function caret() {
    const line = lineAt(document.activeElement);
    return line && line.box === document.activeElement ? { first: line.stretch.first, offset: caretIn(line.box) } : null;
  }

  function lineFrom(first) { return stretches.findLast((each) => each.first <= first)?.lines[0]; }

  function putCaret(line, offset) {
    if (!line) return;
    line.box.focus({ preventScroll: true });
    const node = line.box.firstChild, selection = getSelection();
    if (node) selection.collapse(node, Math.max(0, Math.min(offset, node.length))); else selection.collapse(line.box, 0);
    line.row.scrollIntoView({ block: "nearest" });
  }

  function neighbour(line, by) {
    const lines = [...allLines()];
    return lines[lines.indexOf(line) + by];
  }

  function divide(line) {
    const text = line.box.textContent, at = caretIn(line.box);
    const left = text.slice(0, at).trimEnd(), right = text.slice(at).trimStart();
    if (!plainText(left) || !plainText(right)) return;
    const word = wordAt(line, at);
    line.box.textContent = left;
    const more = newLine(right, line.speaker, word ? word.start_ms : line.startMs);
    more.stretch = line.stretch;
    line.stretch.lines.splice(line.stretch.lines.indexOf(line) + 1, 0, more);
    line.row.after(more.row);
    putCaret(more, 0);
    showTurns(); showDoubts(line.stretch);
    touch(line.stretch, 0);
  }

  function unite(line, other) {
    const [left, right] = [line.box.textContent.trimEnd(), other.box.textContent.trimStart()];
    const glued = !left || !right || SPACELESS.test(left.at(-1)) || SPACELESS.test(right[0]);
    const stretch = line.stretch === other.stretch ? line.stretch : join([line.stretch, other.stretch]);
    stretch.lines.splice(stretch.lines.indexOf(other), 1);
    other.row.remove();
    line.box.textContent = left + (glued ? "" : " ") + right;
    putCaret(line, left.length + (glued ? 0 : 1));
    showTurns(); showDoubts(stretch);
    touch(stretch, 0);
  }

  /* Words: their times are those that the server gave; while a line is typed in, they are looked for in its text */

  /** Where the words of a stretch stand in its lines: [line, from, to, word]. */
  function* wordsIn(stretch) {
    let number = 0, from = 0;
    for (const word of stretch.words) {
      for (let tried = number, at = from; tried < stretch.lines.length; tried++, at = 0) {
        const found = stretch.lines[tried].box.textContent.indexOf(word.text, at);
        if (found >= 0 && found - at < 60) {
          [number, from] = [tried, found + word.text.length];
          yield [stretch.lines[tried], found, from, word];
          break;
        }
      }
    }
  }

  function wordAt(line, offset) {
    let best = null;
    for (const [where, from, , word] of wordsIn(line.stretch)) if (where === line && (from <= offset || !best)) best = word;
    return best;
  }

  function rangeOf(line, from, to) {
    const node = line.box.firstChild;
    if (!node || node.nodeType !== Node.TEXT_NODE || to > node.length) return null;
    const range = document.createRange();
    range.setStart(node, from);
    range.setEnd(node, to);
    return range;
  }

  const highlights = Object.fromEntries(["doubt", "hit", "here", "spot", "lit"].map((name) => {
    const made = typeof Highlight === "function" ? new Highlight() : new Set();
    if (CSS.highlights) CSS.highlights.set(name, made);
    return [name, made];
  }));
  highlights.lit.priority = 2;
  highlights.here.priority = 1;

  function showDoubts(stretch) {
    for (const line of stretch.lines) { for (const each of line.doubts) highlights.doubt.delete(each); line.doubts = []; }
    if (!stretch.words.some((word) => word.probability < DOUBTFUL)) return;
    for (const [line, from, to, word] of wordsIn(stretch)) {
      if (word.probability >= DOUBTFUL) continue;
      const range = rangeOf(line, from, to);
      if (range) { highlights.doubt.add(range); line.doubts.push(range); }
    }
  }

  /* The player */

  let flat = []; // [stretch, place in its words] for every word
  let late = true;

  function retime() { late = true; }

  function timesNow() {
    if (!late) return;
    late = false;
    flat = [];
    const starts = [], ends = [];
    for (const stretch of stretches) {
      stretch.words.forEach((word, n) => { flat.push([stretch, n]); starts.push(word.start_ms); ends.push(word.end_ms); });
    }
    follower.setTimes(starts, ends);
  }

  function foundWord(number) {
    const [stretch, n] = flat[number] ?? [];
    if (!stretch) return null;
    for (const [line, from, to, word] of wordsIn(stretch)) if (word === stretch.words[n]) return [line, from, to];
    return null;
  }

  const follower = makeFollower({
    light(number) {
      highlights.lit.clear();
      const found = foundWord(number), range = found && rangeOf(...found);
      if (range) highlights.lit.add(range);
    },
    place(number) {
      const found = foundWord(number);
      const line = found ? found[0] : flat[number][0].lines[0];
      const range = found && rangeOf(...found);
      return { box: (range ?? line.row).getBoundingClientRect(), element: line.row };
    },
  });

  let stopAt = Infinity;
  const player = makePlayer(say, (ms) => {
    timesNow();
    follower.show(ms);
    if (ms >= stopAt) { stopAt = Infinity; player.audio.pause(); }
  });
  player.audio.addEventListener("pause", () => { stopAt = Infinity; });
  const seekTo = (ms) => { stopAt = Infinity; player.goTo(ms, false); };

  /* Doubtful places */

  function spotsOf(body) {
    const found = body.to_check.map((each) => ({ ...each }));
    const covers = (ms) => body.to_check.some((each) => each.start_ms <= ms && ms <= each.end_ms);
    let last = null;
    for (const line of body.lines) {
      for (const word of line.words) {
        if (word.probability >= DOUBTFUL || covers(word.start_ms)) continue;
        if (last && word.start_ms - last.end_ms < NEAR_MS && word.start_ms >= last.start_ms) { last.end_ms = Math.max(last.end_ms, word.end_ms); continue; }
        last = { start_ms: word.start_ms, end_ms: word.end_ms, kind: "uncertain", reason: "" };
        found.push(last);
      }
    }
    return found.sort((one, other) => one.start_ms - other.start_ms);
  }

  const spotName = (spot) => `${spot.kind}-${spot.start_ms}`;
  const left = () => spots.filter((spot) => !looked.has(spotName(spot)));

  function showLeft() {
    const count = left().length;
    $("left").textContent = count ? told(say.doubts_left, { n: count }) : say.no_doubts;
    $("doubtful").disabled = !count;
    $("doubtful").classList.toggle("none", !count);
  }

  let lastSpot = null;

  function nextDoubt() {
    const rest = left();
    if (!rest.length) return;
    const now = lastSpot ? lastSpot.start_ms : player.nowMs() - 1;
    const spot = rest.find((each) => each.start_ms > now) ?? rest[0];
    lastSpot = spot;
    looked.add(spotName(spot));
    kept.set(`looked:${id}`, [...looked]);
    showLeft();
    highlights.spot.clear();
    let target = null;
    for (const stretch of stretches) {
      if (!stretch.words.length || stretch.words.at(-1).end_ms < spot.start_ms || stretch.words[0].start_ms > spot.end_ms) continue;
      for (const [line, from, to, word] of wordsIn(stretch)) {
        if (word.end_ms <= spot.start_ms || word.start_ms >= Math.max(spot.end_ms, spot.start_ms + 1)) continue;
        const range = rangeOf(line, from, to);
        if (range) highlights.spot.add(range);
        target ??= [line, from];
      }
      target ??= [stretch.lines[0], 0];
    }
    target ??= [stretches.findLast((each) => (each.words[0]?.start_ms ?? 0) <= spot.start_ms)?.lines[0], 0];
    $("doubt-told").textContent = `${clock(spot.start_ms)} · ${say[`doubt_${spot.kind}`] ?? spot.reason}${spot.reason && spot.kind !== "uncertain" ? ` (${spot.reason})` : ""}`;
    if (target[0]) { putCaret(...target); bring(target[0].row); }
    player.goTo(spot.start_ms - AROUND_MS, true);
    stopAt = spot.end_ms + AROUND_MS;
  }

  /* Find and replace */

  let hits = [], current = -1;

  function pattern() {
    const sought = $("sought").value.normalize("NFC");
    if (!sought) return null;
    const text = sought.replace(/[.*+?^${}()|[\]\\\/]/g, "\\$&");
    const whole = $("whole-word").checked ? ["(?<![\\p{L}\\p{N}_])", "(?![\\p{L}\\p{N}_])"] : ["", ""];
    return new RegExp(whole[0] + text + whole[1], $("match-case").checked ? "gu" : "giu");
  }

  function search() {
    const sought = pattern();
    hits = []; current = -1;
    highlights.hit.clear(); highlights.here.clear();
    if (sought) {
      for (const line of allLines()) {
        for (const found of line.box.textContent.matchAll(sought)) hits.push({ line, from: found.index, to: found.index + found[0].length });
      }
      for (const hit of hits.slice(0, MOST_SHOWN)) { const range = rangeOf(hit.line, hit.from, hit.to); if (range) highlights.hit.add(range); }
    }
    showCount();
  }

  function searchAgain() { if (!$("finder").hidden && $("sought").value) { const at = current; search(); current = Math.min(at, hits.length - 1); showCount(); } }

  function showCount() {
    $("count").textContent = !$("sought").value ? "" : !hits.length ? say.no_hits : told(say.hit, { n: current < 0 ? "–" : current + 1, all: hits.length });
    $("replace-all").textContent = told(say.replace_all, { n: hits.length });
    for (const each of ["find-next", "replace-one", "replace-all"]) $(each).disabled = !hits.length;
  }

  function hop() {
    if (!hits.length) return;
    current = (current + 1) % hits.length;
    highlights.here.clear();
    const { line, from, to } = hits[current], range = rangeOf(line, from, to);
    if (range) highlights.here.add(range);
    follower.lookElsewhere();
    bring(line.row);
    showCount();
  }

  async function replaceOne() {
    if (current < 0) { hop(); return; }
    const { line, from, to } = hits[current], at = current;
    const text = line.box.textContent;
    setText(line, text.slice(0, from) + $("instead").value + text.slice(to));
    touch(line.stretch, 0);
    search();
    current = Math.min(at, hits.length) - 1;
    hop();
  }

  async function replaceAll() {
    const sought = pattern(), instead = $("instead").value;
    if (!(await saver.now())) return;
    search();
    const touched = new Set(hits.map((hit) => hit.line.stretch));
    const edits = [...touched].map((stretch) => ({
      stretch,
      lines: wantedOf(stretch).map((line) => ({ ...line, text: plainText(line.text.replace(sought, () => instead)) })).filter((line) => line.text),
    }));
    if (edits.length) await change(edits);
    search();
  }

  function showFinder(on) {
    $("finder").hidden = !on;
    $("find").setAttribute("aria-expanded", String(on));
    if (on) {
      const chosen = getSelection().toString();
      if (chosen && chosen.length < 80) $("sought").value = plainText(chosen);
      $("sought").focus();
      $("sought").select();
      search();
    } else {
      hits = [];
      highlights.hit.clear(); highlights.here.clear();
      $("find").focus();
    }
  }

  let waiting = 0;
  $("sought").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 120); });
  for (const each of ["whole-word", "match-case"]) $(each).addEventListener("change", search);
  $("finder").addEventListener("submit", (event) => { event.preventDefault(); hop(); });
  $("finder").addEventListener("keydown", (event) => { if (event.key === "Escape") { event.preventDefault(); showFinder(false); } });

  /* Who speaks */

  async function chooseSpeaker(line) {
    const dialog = $("who"), name = line.speaker;
    const choices = speakers.map((each) => {
      const choice = document.createElement("label"), radio = document.createElement("input"), text = document.createElement("bdi");
      Object.assign(radio, { type: "radio", name: "speaker", value: each, checked: each === name });
      text.textContent = each;
      choice.className = "tick";
      choice.append(radio, " ", text);
      return choice;
    });
    $("who-names").replaceChildren($("who-names").querySelector("legend"), ...choices);
    $("who-new").value = "";
    $("who-all").textContent = told(say.everywhere, { who: name ?? say.nobody });
    dialog.querySelector("[value=turn]").checked = true;
    const at = caret();
    const chosen = await ended(dialog);
    const given = plainText($("who-new").value) || dialog.querySelector("[name=speaker]:checked")?.value;
    const everywhere = dialog.querySelector("[value=all]").checked;
    if (chosen === "change" && given && given !== name) await say_(line, given, everywhere);
    if (at) putCaret(lineFrom(at.first), at.offset);
  }

  async function say_(line, name, everywhere) {
    if (!(await saver.now())) return;
    const was = line.speaker;
    if (everywhere && was !== null && !speakers.includes(name)) {
      if (await rename({ [was]: name }) === "done") { done.push({ names: { [was]: name } }); undone = []; showHistory(); }
      return;
    }
    const lines = [...allLines()];
    let chosen = lines.filter((each) => each.speaker === was);
    if (!everywhere) {
      const from = lines.indexOf(line);
      const end = lines.findIndex((each, n) => n > from && each.speaker !== was);
      chosen = lines.slice(from, end < 0 ? undefined : end);
    }
    const touched = [...new Set(chosen.map((each) => each.stretch))];
    await change(touched.map((stretch) => ({
      stretch,
      lines: stretch.lines.filter(textOf).map((each) => ({ text: textOf(each), speaker: chosen.includes(each) ? name : each.speaker })),
    })));
  }

  $("who-new").addEventListener("input", () => { const checked = $("who").querySelector("[name=speaker]:checked"); if (checked && $("who-new").value.trim()) checked.checked = false; });

  /* Approving, downloading, names */

  function showApproval() {
    $("approval").hidden = !approval;
    if (!approval) return;
    const when = new Date(approval.when).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    $("approval").textContent = told(approval.holds ? say.approved : say.changed_since, { who: approval.who, when });
    $("approval").title = approval.reason;
    $("approval").classList.toggle("holds", approval.holds);
  }

  async function approve() {
    if (!(await saver.now())) return;
    const count = left().length;
    $("approving-left").textContent = count ? told(say.approve_left, { n: count }) : say.approve_none_left;
    if (named) $("approving-name").value = who();
    if (await ended($("approving")) !== "approve") return;
    if (named) kept.set("name", plainText($("approving-name").value).slice(0, 128));
    const answer = await ask(`${base}/approvals`, { revision, reason: $("approving-reason").value, who: who() });
    if (answer.status === 200) { approval = answer.body; showApproval(); return; }
    if (answer.body?.error?.code === "changed_meanwhile") { await load(); tell("refused", { why: say.changed_meanwhile }); return; }
    tell(answer.status ? "refused" : "unsaved", { why: answer.body?.error?.message ?? "" });
  }

  async function showNames() {
    const answer = await ask(`${base}/vocabulary`);
    const found = answer.body?.names ?? [];
    $("learned-why").textContent = found.length ? say.names_why : say.no_names;
    $("learned-names").replaceChildren(...found.map((each) => {
      const item = document.createElement("li"), name = document.createElement("b"), instead = document.createElement("span");
      name.textContent = each.text;
      instead.textContent = ` ${each.instead_of.join(", ")}`;
      instead.className = "soft";
      item.append(name, instead);
      return item;
    }));
    $("learned-copy").hidden = !found.length;
    $("learned-copy").textContent = say.copy_names;
    $("learned-copy").onclick = async () => {
      try { await navigator.clipboard.writeText(found.map((each) => each.text).join("\n")); $("learned-copy").textContent = say.copied; }
      catch { getSelection().selectAllChildren($("learned-names")); }
    };
    await ended($("learned"));
  }

  document.querySelector(".menu ul").addEventListener("click", async (event) => {
    const link = event.target.closest("a");
    if (!link || stretches.every(isSaved)) return;
    event.preventDefault();
    if (await saver.now()) link.click();
  });
  document.addEventListener("click", (event) => {
    const menu = document.querySelector(".menu");
    if (menu.open && !event.target.closest(".menu")) menu.open = false;
  });

  /* Writing */

  sheet.addEventListener("input", (event) => {
    const line = lineAt(event.target);
    if (!line) return;
    if (line.box.childNodes.length > 1) line.box.normalize();
    touch(line.stretch);
    showHistory();
  });
  sheet.addEventListener("compositionstart", () => { composing = true; });
  sheet.addEventListener("compositionend", (event) => { composing = false; const line = lineAt(event.target); if (line) touch(line.stretch); });
  sheet.addEventListener("focusout", (event) => { const line = lineAt(event.target); if (line && !isSaved(line.stretch)) saver.soon(0); });
  sheet.addEventListener("beforeinput", (event) => {
    const line = lineAt(event.target);
    if (!line) return;
    if (event.inputType === "insertParagraph" || event.inputType === "insertLineBreak") { event.preventDefault(); divide(line); }
    if (event.inputType === "historyUndo") { event.preventDefault(); undo(); }
    if (event.inputType === "historyRedo") { event.preventDefault(); redo(); }
  });
  for (const kind of ["paste", "drop"]) {
    sheet.addEventListener(kind, (event) => {
      if (!lineAt(event.target)) return;
      event.preventDefault();
      const text = (event.clipboardData ?? event.dataTransfer).getData("text/plain").replace(/\s+/g, " ");
      if (text) document.execCommand("insertText", false, text);
    });
  }
  sheet.addEventListener("click", (event) => {
    const button = event.target.closest("button.speaker"), line = lineAt(event.target);
    if (button) { chooseSpeaker(line); return; }
    if (!line || !event.target.closest(".text") || !getSelection().isCollapsed) return;
    const word = wordAt(line, caretIn(line.box));
    if (word) seekTo(word.start_ms);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-ms]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.replaceState(null, "", link.getAttribute("href"));
    stopAt = Infinity;
    player.goTo(Number(link.dataset.ms), true);
    const line = [...allLines()].findLast((each) => each.startMs <= Number(link.dataset.ms) + 1);
    if (line && !link.closest("#words")) bring(line.row);
  });

  /* Keys */

  function onEdge(line, up) {
    const range = getSelection().rangeCount && getSelection().getRangeAt(0);
    if (!range || !range.collapsed) return false;
    const at = range.getClientRects()[0] ?? line.box.getBoundingClientRect(), box = line.box.getBoundingClientRect();
    const height = parseFloat(getComputedStyle(line.box).lineHeight) || 24;
    return up ? at.top - box.top < height * 0.8 : box.bottom - at.bottom < height * 0.8;
  }

  function inLine(event, line) {
    const { key } = event, alt = event.altKey && !event.ctrlKey && !event.metaKey;
    if (event.ctrlKey && (key === " " || event.code === "Space")) return player.toggle;
    if (alt && key === "ArrowLeft") return () => seekTo(player.nowMs() - 5000);
    if (alt && key === "ArrowRight") return () => seekTo(player.nowMs() + 5000);
    if (alt && event.code === "KeyN") return nextDoubt;
    if (alt && event.code === "KeyS") return () => chooseSpeaker(line);
    if (event.ctrlKey || event.metaKey || event.altKey) return null;
    if (key === "Escape") return () => line.box.blur();
    if (key === "Tab") {
      const other = neighbour(line, event.shiftKey ? -1 : 1);
      return other ? () => putCaret(other, 0) : null;
    }
    const plain = getSelection().isCollapsed && !event.shiftKey;
    if (key === "Backspace" && plain && caretIn(line.box) === 0) {
      const other = neighbour(line, -1);
      return other ? () => unite(other, line) : () => {};
    }
    if (key === "Delete" && plain && caretIn(line.box) === line.box.textContent.length) {
      const other = neighbour(line, 1);
      return other ? () => unite(line, other) : () => {};
    }
    if ((key === "ArrowUp" || key === "ArrowDown") && plain && onEdge(line, key === "ArrowUp")) {
      const other = neighbour(line, key === "ArrowUp" ? -1 : 1);
      return other ? () => putCaret(other, key === "ArrowUp" ? other.box.textContent.length : 0) : null;
    }
    return null;
  }

  function heard() {
    timesNow();
    const ms = player.nowMs();
    return [...allLines()].findLast((each) => each.startMs <= ms + 1) ?? stretches[0]?.lines[0];
  }

  function toLine(by) {
    const line = neighbour(heard(), by);
    if (line) { seekTo(line.startMs); bring(line.row); }
  }

  const keys = {
    " ": player.toggle, k: player.toggle, j: player.back, l: player.forward,
    ArrowLeft: () => seekTo(player.nowMs() - 5000), ArrowRight: () => seekTo(player.nowMs() + 5000),
    ArrowUp: () => toLine(-1), ArrowDown: () => toLine(1),
    n: nextDoubt, e: () => { const line = heard(); if (line) putCaret(line, 0); }, f: follower.toggle,
    d: () => $("theme").click(), "/": () => showFinder(true), "?": () => $("keys").showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || document.querySelector("dialog[open]")) return;
    const target = event.target, line = target.closest(".text") ? lineAt(target) : undefined;
    const control = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
    let act = null;
    if (control && !event.altKey && key === "h") act = () => showFinder(true);
    else if (control && !event.altKey && (key === "z" || key === "y") && !target.closest("input, textarea")) act = key === "y" || event.shiftKey ? redo : undo;
    else if (line) act = inLine(event, line);
    else if (!control && !event.altKey && !target.closest("input:not([type=range], [type=checkbox]), textarea, select")) {
      if (target.id === "seek" && event.key.startsWith("Arrow")) return;
      if (event.key === " " && target.closest("button, a, summary, input")) return;
      act = keys[event.key.length === 1 ? key : event.key];
    }
    if (!act) return;
    event.preventDefault();
    act();
  });

  onClicks({
    play: player.toggle, back: player.back, forward: player.forward, follow: follower.toggle, help: keys["?"],
    undo, redo, find: () => showFinder($("finder").hidden), "find-close": () => showFinder(false),
    "replace-one": replaceOne, "replace-all": replaceAll, doubtful: nextDoubt, approve, names: showNames,
  });

  function fromAddress() {
    const found = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
    if (!found) return;
    seekTo(Number(found[1]) * 1000);
    const line = heard();
    if (line) bring(line.row);
  }

  load().then(() => { player.begin(); fromAddress(); });
})();
