/* Who speaks: another name for a turn or for everywhere. */
import { ended } from "./dialogs.js";
import { change, remember, rename, saver } from "./edits.js";
import { allLines, caret, lineFrom, putCaret, textOf } from "./lines.js";
import { plainText } from "./saving.js";
import { page, say } from "./transcript.js";

export async function chooseSpeaker(line) {
  const dialog = $("who"), name = line.speaker;
  const choices = page.speakers.map((each) => {
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
  const chosen = await ended(dialog, dialog.querySelector("[name=speaker]:checked") ?? $("who-new"));
  const given = plainText($("who-new").value) || dialog.querySelector("[name=speaker]:checked")?.value;
  const everywhere = dialog.querySelector("[value=all]").checked;
  if (chosen === "change" && given && given !== name) await give(line, given, everywhere);
  if (at) putCaret(lineFrom(at.first), at.offset);
}

async function give(line, name, everywhere) {
  if (!(await saver.now())) return;
  const was = line.speaker;
  if (everywhere && was !== null && !page.speakers.includes(name)) {
    if (await rename({ [was]: name }) === "done") remember({ names: { [was]: name } });
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
