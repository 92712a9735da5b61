/* What the server says and what was typed become one: drafts in this browser, lines put in the place of others. */
import { id, isSaved, makeStore, newLine, page, plainText, same, setSpeaker, setStart, setText, sheet, showDoubts, textOf, wantedOf } from "./lines.js";

export const drafts = makeStore(`transcribe-draft:${id}:`);

function stretchOf(said, line) {
  const stretch = {
    first: said.first, end: said.end, saved: [{ text: said.text, speaker: said.speaker }],
    words: said.words, seen: said.corrections, lines: [line], refused: null, sent: [],
  };
  line.stretch = stretch;
  return stretch;
}

export function fresh(said) {
  const line = newLine(said.text, said.speaker, said.words[0]?.start_ms ?? 0);
  return stretchOf(said, line);
}

/* Drafts */

export const draftOf = (stretch) => ({
  first: stretch.first, end: stretch.end, seen: stretch.seen, sent: stretch.sent,
  lines: stretch.lines.map((line) => ({ text: line.box.textContent, speaker: line.speaker })),
});
const draftName = (stretch) => `${stretch.first}-${stretch.end}`;

export function keepDraft(stretch) {
  if (isSaved(stretch)) drafts.remove(draftName(stretch)); else drafts.set(draftName(stretch), draftOf(stretch));
}

/** Put what was typed, and did not reach the server, over what is there. */
export function restore(draft) {
  const over = page.stretches.filter((each) => each.first < draft.end && each.end > draft.first);
  drafts.remove(draftName(draft));
  const whole = over.length ? join(over) : blank(draft);
  const fits = whole.first === draft.first && whole.end === draft.end;
  if (!fits) { // somebody has joined or divided these lines: both texts stay, for the person to choose
    draft.lines = [...whole.saved, ...draft.lines];
  }
  setLines(whole, draft.lines);
  whole.seen = draft.seen;
  whole.sent = draft.sent ?? [];
  keepDraft(whole);
}

/** A stretch in a page whose lines were all deleted. */
function blank({ first, end, seen }) {
  const stretch = { first, end, saved: [], words: [], seen, lines: [newLine("", null, 0)], refused: null, sent: [] };
  stretch.lines[0].stretch = stretch;
  if (!page.stretches.length) sheet.replaceChildren(); // it says that nothing is there
  sheet.append(stretch.lines[0].row);
  page.stretches.push(stretch);
  return stretch;
}

/** Make several stretches one. */
export function join(parts) {
  if (parts.length === 1) return parts[0];
  const whole = {
    first: parts[0].first, end: parts.at(-1).end, saved: parts.flatMap((each) => each.saved),
    words: parts.flatMap((each) => each.words), seen: [...new Set(parts.flatMap((each) => each.seen))],
    lines: parts.flatMap((each) => each.lines), refused: null,
    sent: parts.some((each) => each.sent.length) ? [parts.flatMap((each) => each.sent.at(-1) ?? each.saved)] : [],
  };
  for (const each of parts) drafts.remove(draftName(each));
  for (const line of whole.lines) line.stretch = whole;
  page.stretches.splice(page.stretches.indexOf(parts[0]), parts.length, whole);
  return whole;
}

/** Show other lines in the place of those of a stretch. */
export function setLines(stretch, wanted) {
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

/* Answers */

/** Put lines from the server into the page; what was typed since `sent` stays, and is saved next. */
export function put(part, sender = null, sent = []) {
  const over = page.stretches.filter((each) => each.first < part.end && each.end > part.first);
  if (!over.length) return;
  const at = page.stretches.indexOf(over[0]);
  for (const each of over) drafts.remove(draftName(each));
  const typed = sender !== null && !same(wantedOf(sender), sent) || over.some((each) => each !== sender && !isSaved(each));
  const old = over.flatMap((each) => each.lines).filter((line) => {
    if (textOf(line) || (typed && line.box === document.activeElement)) return true;
    line.row.remove();
    return false;
  });
  if (typed && old.length !== part.lines.length) { // divided or joined again meanwhile: still one stretch
    const whole = { ...over[0], first: part.first, end: part.end, lines: old, refused: null, sent: [] };
    whole.saved = part.lines.map(({ text, speaker }) => ({ text, speaker }));
    whole.words = part.lines.flatMap((each) => each.words);
    whole.seen = [...new Set(part.lines.flatMap((each) => each.corrections))];
    for (const line of old) line.stretch = whole;
    page.stretches.splice(at, over.length, whole);
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
  page.stretches.splice(at, over.length, ...made);
  for (const each of made) keepDraft(each);
}
