"""A Wyoming client, as Home Assistant is one: sends 16 kHz PCM, prints what comes back as JSON.

Runs in the environment of `wyoming-openai`: python wyoming_client.py PORT CLIP.wav
"""

from __future__ import annotations

import asyncio
import json
import sys
import wave

from wyoming.asr import Transcribe, Transcript, TranscriptChunk
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info

BLOCK_FRAMES = 1024


async def asked(port: int, path: str, model: str | None) -> dict[str, object]:
    """Send a recording, wait for its text."""
    with wave.open(path, "rb") as source:
        form = {
            "rate": source.getframerate(),
            "width": source.getsampwidth(),
            "channels": source.getnchannels(),
        }
        pcm = source.readframes(source.getnframes())
    block = BLOCK_FRAMES * form["width"] * form["channels"]
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Transcribe(name=model, language="en").event())
        await client.write_event(AudioStart(**form).event())
        for start in range(0, len(pcm), block):
            await client.write_event(AudioChunk(audio=pcm[start : start + block], **form).event())
        await client.write_event(AudioStop().event())
        pieces = []
        while event := await client.read_event():
            if TranscriptChunk.is_type(event.type):
                pieces.append(TranscriptChunk.from_event(event).text)
            if Transcript.is_type(event.type):
                return {"text": Transcript.from_event(event).text, "pieces": pieces}
    raise SystemExit("the bridge hung up")


async def models(port: int) -> list[str]:
    """What the bridge offers."""
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Describe().event())
        while event := await client.read_event():
            if Info.is_type(event.type):
                return [model.name for each in Info.from_event(event).asr for model in each.models]
    raise SystemExit("the bridge hung up")


async def main(port: int, path: str) -> None:
    """Ask what there is, then each of it."""
    offered = await models(port)
    print(json.dumps({each: await asked(port, path, each) for each in offered}))


asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
