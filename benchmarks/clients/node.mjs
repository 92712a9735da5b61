// Clients of npm: `openai`, and the requests of LibreChat and AnythingLLM. node node.mjs URL CLIP WEBM
// Each line written is {"tried": …, "result": …}; what is not as expected ends it with an error.
import assert from "node:assert/strict";
import fs from "node:fs";
import { Readable } from "node:stream";
import axios from "axios";
import OpenAI, { toFile } from "openai";
import OpenAI4, { toFile as toFile4 } from "openai4";

const [url, clip, webm] = process.argv.slice(2);
const BEGINNING = /^It was the best of times/;
const told = (tried, result) => console.log(JSON.stringify({ tried, result }));
const file = () => fs.createReadStream(clip);
const version = (name) => JSON.parse(fs.readFileSync(`node_modules/${name}/package.json`, "utf8")).version;

async function official() {
  const who = `npm openai ${version("openai")}`;
  const client = new OpenAI({ baseURL: url, apiKey: "any" });
  const create = (fields, options) => client.audio.transcriptions.create({ file: file(), model: "whisper-1", ...fields }, options);
  const { text } = await create({});
  assert.match(text, BEGINNING);
  assert.equal(await create({ response_format: "text" }), `${text}\n`);
  assert.match(await create({ response_format: "srt" }), /^1\n00:00:0/);
  assert.match(await create({ response_format: "vtt" }), /^WEBVTT/);
  const verbose = await create({ response_format: "verbose_json", timestamp_granularities: ["word", "segment"] });
  assert.equal(verbose.language, "english");
  assert.equal(verbose.words.map((each) => each.word).join(" "), text);
  assert.ok(verbose.segments.length > 0);
  told(`${who}: json, text, srt, vtt, verbose_json with words`, "texts are the same");

  let streamed = "";
  let done;
  for await (const event of await create({ model: "gpt-4o-transcribe", stream: true })) {
    if (event.type === "transcript.text.delta") streamed += event.delta;
    if (event.type === "transcript.text.done") done = event.text;
  }
  assert.deepEqual([streamed, done], [text, text]);
  told(`${who}: stream`, "deltas are the text");

  const diarized = await create({ model: "gpt-4o-transcribe-diarize", response_format: "diarized_json", chunking_strategy: "auto" });
  assert.ok(diarized.segments.every((each) => each.speaker));
  const translated = await client.audio.translations.create({ file: file(), model: "whisper-1" });
  assert.match(translated.text, /times/);
  assert.ok((await client.models.list()).data.some((each) => each.id === "whisper-1"));
  told(`${who}: diarized_json, translations, models`, "answered");

  const noSound = await toFile(Buffer.from("no sound at all ".repeat(100)), "talk.mp3");
  await assert.rejects(create({ file: noSound }), OpenAI.BadRequestError);
  await assert.rejects(create({ model: "gpt-9" }), OpenAI.NotFoundError);
  told(`${who}: no recording, no such model`, "BadRequestError, NotFoundError");
}

async function anythingLlm() {
  const client = new OpenAI4({ baseURL: url, apiKey: null });
  const { fetch } = client;
  const keys = new Set();
  client.fetch = (input, init) => {
    keys.add(init.headers.authorization);
    return fetch(input, init);
  };
  const document = await client.audio.transcriptions.create({ file: file(), model: "whisper-1", temperature: 0 });
  assert.match(document.text, BEGINNING);
  const spoken = await toFile4(fs.readFileSync(clip), "audio.wav", { type: "application/octet-stream" });
  const microphone = await client.audio.transcriptions.create({ file: spoken, model: "whisper-1" });
  assert.equal(microphone.text, document.text);
  assert.deepEqual([...keys], ["Bearer null"]);
  told(`AnythingLLM's requests by npm openai ${version("openai4")}: no key (Bearer null), octet-stream`, "texts");
}

async function libreChat() {
  const stream = Readable.from(fs.readFileSync(webm));
  stream.path = "audio.webm";
  const headers = { "Content-Type": "multipart/form-data", Authorization: "Bearer any" };
  const data = { file: stream, model: "whisper-1", language: "en" };
  const answer = await axios.post(`${url}/audio/transcriptions`, data, { headers, maxRedirects: 0 });
  assert.equal(answer.status, 200);
  assert.match(answer.data.text, BEGINNING);
  const sent = answer.request._header;
  assert.match(sent, /transfer-encoding: chunked/i);
  assert.doesNotMatch(sent, /content-length/i);
  told(`LibreChat's request by axios ${version("axios")}: file first, chunked, audio.webm as video/webm`, "text");
}

await official();
await anythingLlm();
await libreChat();
