/* What was heard: stretches of the recording that were played aloud here, kept in this browser until the server has them. */
import { ask, who } from "./edits.js";
import { base, id, makeStore, me, page, named } from "./lines.js";
import { player } from "./listening.js";

const FASTEST = 2; // whoever plays it faster does not listen
const SLACK_S = 0.3; // the clocks of sound and page differ; a jump is longer
const SAVE_MS = 1000, SEND_MS = 20000;

const { audio } = player;
const wholeMs = Number(player.seek.max);
const own = `${Date.now()}-${Math.random().toString(36).slice(2)}`; // other windows keep their own
const store = makeStore(`transcribe-heard:${id}:${me}:`);

/** The same stretches ([from, to] in ms) in order, none of which touches another. */
export function merged(stretches) {
  const made = [];
  for (const [from, to] of [...stretches].sort((one, other) => one[0] - other[0])) {
    if (made.length && from <= made.at(-1)[1]) made.at(-1)[1] = Math.max(made.at(-1)[1], to);
    else if (from < to) made.push([from, to]);
  }
  return made;
}

export const lengthOf = (stretches) => stretches.reduce((sum, [from, to]) => sum + to - from, 0);

let here = []; // of this window, not yet taken by the server
let taken = []; // what the server has of this person
let savedAt = 0;

const acts = [];
/** Call `act` when more was heard. */
export const whenHeard = (act) => acts.push(act);

/** What the server has by now. */
export function setTaken(stretches) { taken = merged([...taken, ...stretches]); }

const unsent = () => merged(store.names().flatMap((name) => store.get(name) ?? []).concat(here));
/** Everything that this person has heard. */
export const heardHere = () => merged([...taken, ...unsent()]);

/* Playing is looked at as often as it can be: what lies between two looks was heard, unless it cannot have been played meanwhile */

let last = null; // where it was, in s, when it was last looked at; null: what follows is not heard
let at = 0;

const audible = () => !audio.muted && audio.volume > 0 && audio.playbackRate > 0 && audio.playbackRate <= FASTEST;

function look(event) {
  const now = audio.currentTime, time = performance.now(), jumps = audio.seeking || event?.type === "seeking";
  const furthest = (time - at) / 1000 * audio.playbackRate + SLACK_S;
  if (last !== null && !jumps && now > last && now - last <= furthest) {
    const to = Math.round(now * 1000);
    // A recording can be a little shorter than its header says.
    add(Math.round(last * 1000), event?.type === "ended" && wholeMs - to < 1000 ? Math.max(to, wholeMs) : to);
  }
  [last, at] = [!jumps && audible() ? now : null, time];
}

function add(from, to) {
  here = merged([...here, [from, to]]);
  if (audio.paused || performance.now() - savedAt > SAVE_MS) save();
}

function save() {
  savedAt = performance.now();
  if (here.length) store.set(own, here);
  acts.forEach((act) => act());
}

function frame() {
  look();
  if (!audio.paused) requestAnimationFrame(frame);
}

for (const kind of ["timeupdate", "playing", "pause", "waiting", "seeking", "seeked", "ratechange", "volumechange", "ended"]) audio.addEventListener(kind, look);
audio.addEventListener("play", () => { at = performance.now(); requestAnimationFrame(frame); });
audio.addEventListener("pause", save);

/* Sending: the server merges, so that twice does no harm */

/** Send with `act`, which gets what is not sent yet, and forget it once the answer says that it was taken. */
export async function sending(act) {
  look();
  if (here.length) store.set(own, here);
  const sent = new Map(store.names().map((name) => [name, JSON.stringify(store.get(name))]));
  const stretches = unsent();
  const answer = await act(stretches);
  if (answer.status !== 200) return answer;
  setTaken(stretches);
  for (const [name, text] of sent) {
    if (JSON.stringify(store.get(name)) !== text) continue; // more was heard meanwhile: all of it is sent again
    store.remove(name);
    if (name === own) here = [];
  }
  return answer;
}

const nobody = () => named && !who();

export function send(more = {}) {
  if (page.gone || nobody() || !unsent().length) return;
  sending((heard) => ask(`${base}/heard`, { heard, who: who() }, more));
}

setInterval(send, SEND_MS);
addEventListener("pagehide", () => { look(); save(); send({ keepalive: true }); });
document.addEventListener("visibilitychange", () => { if (document.hidden) { look(); save(); send({ keepalive: true }); } });
