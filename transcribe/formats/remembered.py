"""Remembering what was made of a transcript: several formats show the same, and each asks for it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from typing import Any, Generic, ParamSpec, TypeVar

K = TypeVar("K")
T = TypeVar("T")
P = ParamSpec("P")


class _Same(Generic[K]):
    """Stands for one object: equal only to what stands for the very same one."""

    __slots__ = ("it",)

    def __init__(self, it: K) -> None:
        self.it = it

    def __hash__(self) -> int:
        return id(self.it)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.it is other.it


def remembered(maxsize: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Remember the last `maxsize` results of a function, by the identity of its first argument.

    `functools.lru_cache` would compare by value, and hashing a transcript of two hours takes 15 ms each
    time. The first argument has to be immutable, the others hashable; the result should not be changed.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @lru_cache(maxsize)
        def kept(first: _Same[Any], *others: Hashable, **named: Hashable) -> T:
            call: Callable[..., T] = function
            return call(first.it, *others, **named)

        @wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
            first, *others = args
            again: Callable[..., T] = kept
            return again(_Same(first), *others, **kwargs)

        return wrapper

    return decorate
