/* The recording is heard: its player, the word that is spoken, the line that is heard. */
import { allLines } from "./lines.js";
import { page, say, whenChanged } from "./transcript.js";
import { highlights, rangeOf, wordsIn } from "./words.js";

let flat = []; // [stretch, place in its words] for every word
let late = true;

whenChanged(() => { late = true; });

function timesNow() {
  if (!late) return;
  late = false;
  flat = [];
  const starts = [], ends = [];
  for (const stretch of page.stretches) {
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

export const follower = makeFollower({
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
export const player = makePlayer(say, (ms) => {
  timesNow();
  follower.show(ms);
  if (ms >= stopAt) { stopAt = Infinity; player.audio.pause(); }
});
player.audio.addEventListener("pause", () => { stopAt = Infinity; });
export const seekTo = (ms) => { stopAt = Infinity; player.goTo(ms, false); };
export const playFrom = (ms, until = Infinity) => { stopAt = until; player.goTo(ms, true); };

export function heard() {
  timesNow();
  const ms = player.nowMs();
  return [...allLines()].findLast((each) => each.startMs <= ms + 1) ?? page.stretches[0]?.lines[0];
}
