"""A bill of materials of models: CycloneDX 1.6 in JSON, with a model card for each (https://cyclonedx.org)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from transcribe.core.text import to_canonical_json
from transcribe.models.model_lock import LockedModel

TASKS = {
    "whisper": "automatic-speech-recognition",
    "ctranslate2": "automatic-speech-recognition",
    "parakeet": "automatic-speech-recognition",
    "llm": "text-generation",
    "speakers": "speaker-diarization",
    "detector": "voice-activity-detection",
}
_NAMESPACE = uuid.UUID("6f0a4a5c-95b1-5f1f-9f0a-1d6b0d0c7a11")


def bill_of(models: Sequence[LockedModel], program: str, version: str, made: str) -> bytes:
    """The bill of materials of models; the serial number tells its content from others.

    Args:
        made: When, in UTC (RFC 3339).
    """
    components = [_component(each) for each in models]
    serial = uuid.uuid5(_NAMESPACE, to_canonical_json(components).decode())
    return to_canonical_json({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial.urn,
        "version": 1,
        "metadata": {
            "timestamp": made,
            "tools": {"components": [{"type": "application", "name": program, "version": version}]},
        },
        "components": components,
    })  # fmt: skip


def _component(model: LockedModel) -> dict[str, Any]:
    first = model.files[0]
    component: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": f"{model.name}/{model.kind}",
        "name": model.name,
        "version": first.sha256,
        "hashes": [{"alg": "SHA-256", "content": first.sha256}],
        "properties": [
            {"name": f"transcribe:file:{each.name}", "value": f"sha256:{each.sha256} bytes:{each.bytes}"}
            for each in model.files
        ],
        "modelCard": {"modelParameters": {"task": TASKS.get(model.kind, model.kind)}},
    }
    if model.licence:
        component["licenses"] = [_licence(model.licence)]
    if model.terms:
        component["externalReferences"] = [{"type": "license", "url": model.terms}]
    if model.source:
        component["properties"].append({"name": "transcribe:source", "value": model.source})
    return component


def _licence(licence: str) -> dict[str, Any]:
    """An SPDX expression where it is one; else the licence's own name."""
    if " AND " in licence:
        return {"expression": licence}
    return {"license": {"name": licence} if " " in licence else {"id": licence}}
