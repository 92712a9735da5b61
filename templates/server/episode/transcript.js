/* What all parts of the page know of the transcript, and who is told when it is another one. */
import { makeStore } from "./saving.js";

export const { id, named, notes, say } = JSON.parse($("texts").textContent);
export const base = `/episodes/${id}`;
export const sheet = $("words");
export const kept = makeStore("transcribe-kept:");

/** A stretch is a run of recognised words, `first` to before `end`, with the lines that it is on the server (`saved`)
    and the lines that stand in the page; mostly one of each. Typing, dividing, joining, other speakers and undoing all
    send the lines of a stretch. `loose`: corrections that lie in no line. `composing`: letters are being put together
    that are no text yet. `gone`: the episode was deleted. */
export const page = { stretches: [], revision: "", speakers: [], loose: [], approval: null, composing: false, gone: false };

const loaded = [], changed = [];
/** Call `act` with the server's answer, before any line is shown. */
export const whenLoaded = (act) => loaded.push(act);
/** Call `act` after the lines in the page were loaded or changed by the server. */
export const whenChanged = (act) => changed.push(act);
export const tellLoaded = (body) => loaded.forEach((act) => act(body));
export const tellChanged = () => changed.forEach((act) => act());
