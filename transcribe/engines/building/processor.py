"""Settings of ggml's cmake for this processor, with and without AMX.

ggml's code for AMX crashes with quantised weights on some processors.
"""

from __future__ import annotations

from pathlib import Path

NATIVE = {"GGML_NATIVE": "ON"}

INSTRUCTIONS = {
    "GGML_SSE42": ("sse4_2",),
    "GGML_AVX": ("avx",),
    "GGML_AVX2": ("avx2",),
    "GGML_FMA": ("fma",),
    "GGML_F16C": ("f16c",),
    "GGML_BMI2": ("bmi2",),
    "GGML_AVX_VNNI": ("avx_vnni",),
    "GGML_AVX512": ("avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"),
    "GGML_AVX512_VBMI": ("avx512vbmi",),
    "GGML_AVX512_VNNI": ("avx512_vnni",),
    "GGML_AVX512_BF16": ("avx512_bf16",),
}
"""ggml's settings for instructions beside AMX, and what Linux calls these in /proc/cpuinfo."""


def processor_flags() -> frozenset[str]:
    """What the processor can do, as Linux calls it; nothing elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), []))


def without_amx(flags: frozenset[str]) -> dict[str, str]:
    """Settings of ggml's cmake for this processor without AMX.

    With `GGML_NATIVE` the compiler takes all that the processor has, and ggml's own switches for AMX do
    nothing (`ggml/src/ggml-cpu/CMakeLists.txt`): every other instruction is named here instead.
    """
    named = {name: "ON" if set(needs) <= flags else "OFF" for name, needs in INSTRUCTIONS.items()}
    return {
        "GGML_NATIVE": "OFF",
        "GGML_AMX_TILE": "OFF",
        "GGML_AMX_INT8": "OFF",
        "GGML_AMX_BF16": "OFF",
        **named,
    }
