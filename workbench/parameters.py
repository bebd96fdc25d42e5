"""Flat parameters of a notebook <-> a config dataclass, with names, types and ranges checked."""

import ast
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache
from itertools import takewhile
from math import inf, isfinite
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from workbench.text import nearest

Config = TypeVar("Config")


# ------------------------------------------------------------------------------------------- what a field of a config declares


@dataclass(frozen=True)
class Range:
    """The numbers that a field may hold, declared with it: `frames: Annotated[int | None, Range(2, 32)] = None`.

    least, most: allowed themselves; above, below: not allowed themselves. Numbers are finite, unless `most` is infinite. unit: what
    stands behind the numbers in an error.
    """

    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None
    unit: str = ""

    def holds(self, value: float) -> bool:
        enough = (self.least is None or value >= self.least) and (self.above is None or value > self.above)
        return enough and (self.below is None or value < self.below) and (isfinite(value) if self.most is None else value <= self.most)

    def __str__(self) -> str:
        if self.least is None and self.above is None:
            return "finite"
        words = f"at least {self.least:g}" if self.above is None else f"above {self.above:g}"
        if self.below is not None:
            words += f" and below {self.below:g}"
        elif self.most not in (None, inf):
            words = f"{self.least:g} to {self.most:g}" if self.above is None else f"{words}, at most {self.most:g}"
        return f"{words} {self.unit}".rstrip()


@dataclass(frozen=True)
class Declaration:
    """A field of a config. words: of a `Literal`, the field's or its items'; config: the class of the config that the field holds."""

    name: str
    hint: Any
    range: Range | None
    words: tuple[Any, ...]
    config: type | None
    optional: bool

    @classmethod
    def read(cls, name: str, hint: Any) -> "Declaration":
        plain, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        kinds = (plain, *get_args(plain))
        words = next((get_args(kind) for kind in kinds if get_origin(kind) is Literal), ())
        ranges = (note for note in notes if isinstance(note, Range))
        configs = (kind for kind in kinds if isinstance(kind, type) and is_dataclass(kind))
        return cls(name, plain, next(ranges, None), words, next(configs, None), NoneType in kinds)

    def check(self, value: Any) -> None:
        """Raises ValueError with the field, what it must be, and the value; a tuple is checked item by item."""
        items = value if isinstance(value, tuple | list) else (value,)
        if value is None and self.optional:
            return
        if self.words and not all(is_word(item, self.words) for item in items):
            raise ValueError(f"{self.name} must be one of {', '.join(map(str, self.words))}, got {value!r}")
        if self.range:
            number, what = (Real, "a number") if float in (self.hint, *get_args(self.hint)) else (Integral, "a whole number")
            if not all(isinstance(item, number) and not isinstance(item, bool) for item in items):
                raise ValueError(f"{self.name} must be {what}, {self.range}, got {value!r}")
            if not all(map(self.range.holds, items)):
                raise ValueError(f"{self.name} must be {self.range}, got {value!r}")


@lru_cache
def declarations(kind: type) -> tuple[Declaration, ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple(Declaration.read(field.name, hints[field.name]) for field in fields(kind))


def check_ranges(config: Any) -> None:
    """Each field of a config holds what is declared with it: numbers in a `Range`, words of a `Literal`, one or a tuple of them. For
    `__post_init__`.

    Raises ValueError with the field, what it must be, and its value.
    """
    for declaration in declarations(type(config)):
        declaration.check(getattr(config, declaration.name))


def is_word(value: Any, words: Sequence[Any]) -> bool:
    return any(value == word and type(value) is type(word) for word in words)  # True is no 1


# ------------------------------------------------------------------------------------------------ a config as flat parameters


class ParameterError(ValueError):
    """A parameter has a name or a type that cannot be; the message names it and the remedy."""


def read_parameters(kind: type[Config], namespace: Mapping[str, Any]) -> Config:
    """The config that a notebook's parameters describe; fields without a parameter keep their default.

    Called in a notebook as `wb.read_parameters(wb.TrainConfig, globals())`. The fields of a config inside the config are
    parameters, too; where it may be None there is a switch of its name (`motion = False` is `motion=None`).

    Raises ParameterError for a parameter that is no field, with the nearest name, and for a value of another type; the
    config itself complains of values out of range.
    """
    before = [cell for cell in namespace.get("In", ())[:-1] if cell.strip()]
    cells = takewhile(bool, map(literal_names, reversed(before)))  # the cells of parameters stand in one row above the one that runs
    names = parameter_names(kind)
    for name in [name for cell in reversed(list(cells)) for name in cell]:
        check_name(name, names)
    return fill_config(kind(), {name: namespace[name] for name in names if name in namespace})


def config_of(kind: type[Config], parameters: Mapping[str, Any]) -> Config:
    """The config with these parameters; every name must be one of its own. Raises as `read_parameters` does."""
    names = parameter_names(kind)
    for name in parameters:
        check_name(name, names)
    return fill_config(kind(), parameters)


def check_name(name: str, names: tuple[str, ...]) -> None:
    if name not in names:
        raise ParameterError(f"there is no parameter {name!r}{nearest(name, names)}")


def parameters_of(config: Any) -> dict[str, Any]:
    """The flat parameters that give this config again, as literals that a notebook or JSON can hold."""
    flat: dict[str, Any] = {}
    for field in declarations(type(config)):
        value = getattr(config, field.name)
        if field.config is None:
            flat[field.name] = as_literal(value)
            continue
        if field.optional:
            flat[field.name] = value is not None
        if value is not None:
            flat |= parameters_of(value)
    return flat


def parameter_names(kind: type) -> tuple[str, ...]:
    """The flat names: each field, and for a config within, its switch (where it may be None) and its fields."""
    names: list[str] = []
    for field in declarations(kind):
        names += [field.name] if field.config is None or field.optional else []
        names += parameter_names(field.config) if field.config else ()
    return tuple(names)


def fill_config(config: Any, values: Mapping[str, Any]) -> Any:
    """The config with these values in place of its own, each as the type of its field."""
    changes: dict[str, Any] = {}
    for field in declarations(type(config)):
        present = getattr(config, field.name)
        if field.config is None:
            if field.name in values:
                changes[field.name] = convert(field.name, values[field.name], field.hint)
        elif field.optional and not convert(field.name, values.get(field.name, present is not None), bool):
            changes[field.name] = None
        else:
            changes[field.name] = fill_config(present or field.config(), values)
    return replace(config, **changes)


# --------------------------------------------------------------------------------------------------------- values and literals


def convert(name: str, value: Any, hint: Any) -> Any:
    """The value as its field has it: a whole number where a float is wanted, a list for a tuple, text for a path.

    Raises ParameterError where the value is of another kind.
    """
    origin = get_origin(hint)
    if origin is tuple:
        return convert_all(name, value, hint)
    if origin in (Union, UnionType):
        for option in get_args(hint):
            with suppress(ParameterError):
                return convert(name, value, option)
    elif origin is Literal:
        if is_word(value, get_args(hint)):
            return value
    elif hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    elif hint is Path and isinstance(value, str):
        return Path(value)
    elif isinstance(hint, type) and isinstance(value, hint) and (hint is bool or not isinstance(value, bool)):
        return value
    raise ParameterError(f"{name} must be {describe_hint(hint)}, got {value!r} ({type(value).__name__})")


def convert_all(name: str, values: Any, hint: Any) -> tuple:
    """A list as the tuple of its field, of that field's length where it has one."""
    kind, *rest = get_args(hint)
    length = None if rest == [...] else 1 + len(rest)
    if not isinstance(values, list | tuple) or length not in (None, len(values)):
        raise ParameterError(f"{name} must be {describe_hint(hint)}, got {values!r}")
    return tuple(convert(name, value, kind) for value in values)


def describe_hint(hint: Any) -> str:
    """A type in words."""
    words = {float: "a number", int: "a whole number", bool: "True or False", str: "text", Path: "a path", NoneType: "None"}
    if get_origin(hint) is Literal:
        return f"one of {', '.join(map(str, get_args(hint)))}"
    if get_origin(hint) is tuple:
        kind, *rest = get_args(hint)
        return f"a list{'' if rest == [...] else f' of {1 + len(rest)}'}, each {describe_hint(kind)}"
    return words.get(hint) or " or ".join(describe_hint(option) for option in get_args(hint)) or str(hint)


def as_literal(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return [as_literal(item) for item in value] if isinstance(value, tuple) else value


def literal_names(cell: str) -> list[str]:
    """The names that a cell assigns, where it assigns literals and does nothing else, as cells of parameters do; else none."""
    names: list[str] = []
    try:
        for statement in ast.parse(re.sub(r"""\bfloat\((['"])-?\w+\1\)""", "0.0", cell)).body:  # float("inf"): there is no literal for it
            if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
                return []
            ast.literal_eval(statement.value)
            names += [node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    except (SyntaxError, ValueError, TypeError):  # a cell with a magic, a value that is computed
        return []
    return names
