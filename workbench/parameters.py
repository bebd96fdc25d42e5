"""Flat parameters of a notebook <-> a config dataclass, with names, types and ranges checked."""

import ast
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache
from itertools import takewhile
from numbers import Integral, Real
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from workbench.text import nearest

Config = TypeVar("Config")


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
        return enough and (self.below is None or value < self.below) and (math.isfinite(value) if self.most is None else value <= self.most)

    def __str__(self) -> str:
        if self.least is None and self.above is None:
            return "finite"
        low = "" if self.above is None else f"above {self.above:g}"
        if self.below is not None:
            return f"{low or f'at least {self.least:g}'} and below {self.below:g} {self.unit}".rstrip()
        if self.most in (None, math.inf):
            return f"{low or f'at least {self.least:g}'} {self.unit}".rstrip()
        return f"{f'{low}, at most' if low else f'{self.least:g} to'} {self.most:g} {self.unit}".rstrip()


def check_ranges(config: Any) -> None:
    """Each field of a config holds what is declared with it: numbers in a `Range`, words of a `Literal`, one or a tuple of them. For
    `__post_init__`.

    Raises ValueError with the field, what it must be, and its value.
    """
    for name, hint in declared_types(type(config)).items():
        value = getattr(config, name)
        plain, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        kinds = (plain, *get_args(plain))
        if value is None and NoneType in kinds:
            continue
        values = value if isinstance(value, tuple) else (value,)
        if (words := words_of(kinds)) and not all(is_word(each, words) for each in values):
            raise ValueError(f"{name} must be one of {', '.join(map(str, words))}, got {value!r}")
        for allowed in (note for note in notes if isinstance(note, Range)):
            number, what = (Real, "a number") if float in kinds else (Integral, "a whole number")
            if not all(isinstance(each, number) and not isinstance(each, bool) for each in values):
                raise ValueError(f"{name} must be {what}, {allowed}, got {value!r}")
            if not all(map(allowed.holds, values)):
                raise ValueError(f"{name} must be {allowed}, got {value!r}")


@lru_cache
def declared_types(kind: type) -> dict[str, Any]:
    """Of each field of a dataclass, with what is annotated."""
    return get_type_hints(kind, include_extras=True)


def words_of(kinds: Sequence[Any]) -> tuple[Any, ...]:
    """Those of the first `Literal` among some types, none where there is none."""
    return next((get_args(kind) for kind in kinds if get_origin(kind) is Literal), ())


def is_word(value: Any, words: Sequence[Any]) -> bool:
    return any(value == word and type(value) is type(word) for word in words)  # True is no 1


class ParameterError(ValueError):
    """A parameter has a name or a type that cannot be; the message names it and the remedy."""


def read_parameters(kind: type[Config], namespace: Mapping[str, Any]) -> Config:
    """The config that a notebook's parameters describe; fields without a parameter keep their default.

    Called in a notebook as `wb.read_parameters(wb.TrainConfig, globals())`. The fields of a config inside the config are
    parameters, too; where it may be None there is a switch of its name (`motion = False` is `motion=None`).

    Raises ParameterError for a parameter that is no field, with the nearest name, and for a value of another type; the
    config itself complains of values out of range.
    """
    names = parameter_names(kind)
    for name in assigned_names(parameter_cells(namespace.get("In", ()))):
        if name not in names:
            raise ParameterError(f"there is no parameter {name!r}{nearest(name, names)}")
    return fill_config(kind(), {name: namespace[name] for name in names if name in namespace})


def config_of(kind: type[Config], parameters: Mapping[str, Any]) -> Config:
    """The config with these parameters; every name must be one of its own. Raises as `read_parameters` does."""
    names = parameter_names(kind)
    if unknown := [name for name in parameters if name not in names]:
        raise ParameterError(f"there is no parameter {unknown[0]!r}{nearest(unknown[0], names)}")
    return fill_config(kind(), parameters)


def parameters_of(config: Any) -> dict[str, Any]:
    """The flat parameters that give this config again, as literals that a notebook or JSON can hold."""
    flat: dict[str, Any] = {}
    for slot in slots(type(config)):
        value = getattr(config, slot.name)
        if slot.inner and slot.optional:
            flat[slot.name] = value is not None
        if slot.inner and value is not None:
            flat |= parameters_of(value)
        if not slot.inner:
            flat[slot.name] = as_literal(value)
    return flat


def parameter_names(kind: type) -> tuple[str, ...]:
    """The flat names: each field, and for a config within, its switch (where it may be None) and its fields."""
    names: list[str] = []
    for slot in slots(kind):
        names += [slot.name] * (not slot.inner or slot.optional) + list(parameter_names(slot.inner) if slot.inner else ())
    return tuple(names)


def fill_config(config: Config, values: Mapping[str, Any]) -> Config:
    """The config with these values in place of its own, each as the type of its field."""
    changes: dict[str, Any] = {}
    for slot in slots(type(config)):
        now = getattr(config, slot.name)
        if not slot.inner:
            if slot.name in values:
                changes[slot.name] = convert(slot.name, values[slot.name], slot.hint)
        elif slot.optional and not convert(slot.name, values.get(slot.name, now is not None), bool):
            changes[slot.name] = None
        else:
            changes[slot.name] = fill_config(now or slot.inner(), values)
    return replace(config, **changes)


@dataclass(frozen=True)
class Slot:
    """A field of a config: its name and type; the config that it holds, if it does, and whether it may be None."""

    name: str
    hint: Any
    inner: type | None
    optional: bool


@lru_cache
def slots(kind: type) -> tuple[Slot, ...]:
    found = []
    for name, hint in ((field.name, get_type_hints(kind)[field.name]) for field in fields(kind)):
        kinds = [hint, *get_args(hint)]
        found.append(Slot(name, hint, next(filter(is_dataclass, kinds), None), NoneType in kinds))
    return tuple(found)


def convert(name: str, value: Any, hint: Any) -> Any:
    """The value as its field has it: a whole number where a float is wanted, a list for a tuple, text for a path.

    Raises ParameterError where the value is of another kind.
    """
    if get_origin(hint) is tuple:
        return convert_all(name, value, hint)
    if get_origin(hint) is Literal and is_word(value, get_args(hint)):
        return value
    for option in get_args(hint):
        try:
            return convert(name, value, option)
        except ParameterError:
            continue
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is Path and isinstance(value, str | Path):
        return Path(value)
    plain = isinstance(hint, type) and isinstance(value, hint) and not (isinstance(value, bool) and hint is not bool)
    if not plain:
        raise ParameterError(f"{name} must be {describe_hint(hint)}, got {value!r} ({type(value).__name__})")
    return value


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


def parameter_cells(executed: Sequence[str]) -> list[str]:
    """The cells of parameters before the cell that now runs: those that assign literals and stand in one row."""
    before = [cell for cell in executed[:-1] if cell.strip()]
    return list(takewhile(lambda cell: bool(assigned_names([cell])), reversed(before)))[::-1]


def assigned_names(cells: Any) -> list[str]:
    """Names given a value by the executed cells that hold parameters: those that assign literals and do nothing else."""
    names: list[str] = []
    for cell in cells:
        try:
            statements = ast.parse(cell).body
        except SyntaxError:
            continue  # a cell with a magic
        if statements and all(map(assigns_literal, statements)):
            names += [target.id for statement in statements for target in targets(statement)]
    return names


def assigns_literal(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or not targets(statement):
        return False
    try:
        ast.literal_eval(Infinities().visit(statement.value))
    except (ValueError, TypeError):
        return False
    return True


class Infinities(ast.NodeTransformer):
    """float("inf"), which Python and papermill have no literal for, counts as one."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        is_float = isinstance(node.func, ast.Name) and node.func.id == "float" and len(node.args) == 1
        return node.args[0] if is_float else node


def targets(statement: ast.stmt) -> list[ast.Name]:
    found = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [target for target in found if isinstance(target, ast.Name)]
