"""The type checker of the tests: beartype, for which a whole number is a float, as it is for PEP 484 and every static checker.

Which words a `Literal` has is left to the code itself: that names the field and what it may be, and tests ask for it. Of a sequence
beartype looks at one element; to get one of a data set, clips are drawn or a video decoded, so that it looks at those of lists and
tuples alone.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from beartype import BeartypeConf, beartype
from beartype.vale import IsInstance
from jaxtyping import config

check = beartype(conf=BeartypeConf(is_pep484_tower=True))


def check_types(function: Callable) -> Callable:
    if "<locals>" in function.__qualname__:
        return function  # one within another is made anew at every call, and so would its check be
    function.__annotations__ = {name: any_word(hint) for name, hint in function.__annotations__.items()}
    return check(function)


def any_word(hint: Any) -> Any:
    """A type with each `Literal` in it as the type of its words, and without the elements of data sets."""
    if isinstance(hint, type) and get_origin(hint) is None and issubclass(hint, Sequence) and hasattr(hint, "__orig_bases__"):
        return Annotated[object, IsInstance[hint]]
    if get_origin(hint) is Sequence:
        (element,) = map(any_word, get_args(hint))
        return list[element] | tuple[element, ...] | Annotated[object, IsInstance[Sequence] & ~IsInstance[list, tuple]]
    if get_origin(hint) is Literal:
        return reduce(or_, {type(word) for word in get_args(hint)})
    if get_origin(hint) in (Union, UnionType):
        return Union[tuple(map(any_word, get_args(hint)))]  # noqa: UP007 - of as many as there are
    if get_origin(hint) is tuple:
        return tuple[tuple(map(any_word, get_args(hint)))]
    return hint


@contextmanager
def unchecked() -> Iterator[None]:
    """Neither types nor shapes are checked meanwhile: that takes as long as a small training itself. Short tests check the same code."""
    config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        config.update("jaxtyping_disable", False)
