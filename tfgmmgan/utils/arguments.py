"""What the arguments of a class are, by its signature and docstring: the one place where an option is declared.

Constructors, the command line and YAML files read the same signature: names, types with their ranges, defaults and
the docstring's `Args`. Options are data: nothing here imports, calls or makes what a text names.
"""

import dataclasses
import inspect
import math
import numbers
import os
import types
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import docstring_parser
import yaml

from tfgmmgan.utils.errors import UserError, nearest

__all__ = [
    "Argument",
    "Count",
    "NotNegative",
    "Positive",
    "Share",
    "WholeNumber",
    "Within",
    "arguments",
    "check",
    "check_arguments",
    "converted",
    "values_of",
]


class Within(NamedTuple):
    """The range of a number, for `Annotated`."""

    least: float = -math.inf
    most: float = math.inf
    above: bool = False  # whether `least` itself is out
    below: bool = False  # whether `most` itself is out

    def holds(self, value: float) -> bool:
        """Return whether a number lies in the range; a NaN or an infinite one never does."""
        if not math.isfinite(value):
            return False
        low = value > self.least if self.above else value >= self.least
        return low and (value < self.most if self.below else value <= self.most)

    def __str__(self) -> str:
        parts = []
        if self.least > -math.inf:
            parts.append(f"{'above' if self.above else 'at least'} {self.least:g}")
        if self.most < math.inf:
            parts.append(f"{'below' if self.below else 'at most'} {self.most:g}")
        return " and ".join(parts)


Count = Annotated[int, Within(1)]
WholeNumber = Annotated[int, Within(0)]
Positive = Annotated[float, Within(0, above=True)]
NotNegative = Annotated[float, Within(0)]
Share = Annotated[float, Within(0, 1, below=True)]

NULL = ("null", "~", "")  # how YAML and the command line write None
MISSING = inspect.Parameter.empty


class Argument(NamedTuple):
    """One argument of a class's constructor.

    Attributes:
        name: Its name.
        hint: Its type.
        default: Its default, `MISSING` where it must be given.
        help: What the docstring says of it, on one line.
    """

    name: str
    hint: Any
    default: Any
    help: str


@cache
def arguments(of: type) -> dict[str, Argument]:
    """Return a class's arguments by name, in the signature's order, those that it hands on with **kwargs after its own.

    Keras's own are left out.
    """
    found: dict[str, Argument] = {}
    for base in of.__mro__:
        if base.__module__.partition(".")[0] in ("keras", "sklearn"):
            continue
        if "__init__" not in vars(base) or base is object:
            continue
        hints = get_type_hints(base if dataclasses.is_dataclass(base) else base.__init__, include_extras=True)
        said = {param.arg_name: " ".join((param.description or "").split()) for param in _documented(base)}
        parameters = list(inspect.signature(base.__init__).parameters.values())[1:]
        for parameter in parameters:
            if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                name = parameter.name.rstrip("_")  # of `from_`, as `from` is Python's
                argument = Argument(
                    name, hints.get(parameter.name, Any), parameter.default, said.get(parameter.name, "")
                )
                found.setdefault(name, argument)
                if not found[name].help:
                    found[name] = found[name]._replace(help=argument.help)
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            break
    return found


def _documented(of: type) -> list:
    return docstring_parser.parse(inspect.cleandoc(of.__doc__ or ""), docstring_parser.DocstringStyle.GOOGLE).params


def values_of(instance: Any) -> dict[str, Any]:
    """Return the values of an object's arguments; its attributes have the arguments' names."""
    return {name: getattr(instance, name) for name in arguments(type(instance)) if hasattr(instance, name)}


def check_arguments(instance: Any) -> None:
    """Raise `UserError` where an attribute that is an argument is not what the signature says."""
    declared = arguments(type(instance))
    for name, value in values_of(instance).items():
        check(name, value, declared[name].hint)


def check(name: str, value: Any, hint: Any) -> None:
    """Raise `UserError` if a value is not of a type, or not in its range; what is no option may be anything."""
    if not _fits(value, hint):
        raise UserError(f"{name} must be {described(hint)}; got {value!r}.{_nearest_choice(value, hint)}")


def _fits(value: Any, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        ranges = [extra for extra in inner[1:] if isinstance(extra, Within)]
        return _fits(value, inner[0]) and all(one.holds(value) for one in ranges)
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is Literal:
        return any(value == one and type(value) is type(one) for one in inner)
    if hint is bool:
        return isinstance(value, bool)
    if hint in (int, float):
        return _is_number(value) and (hint is float or isinstance(value, numbers.Integral))
    if hint is str:
        return isinstance(value, str)
    if hint is type(None):
        return value is None
    if origin is list:
        return isinstance(value, list | tuple) and all(_fits(one, inner[0]) for one in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(k, inner[0]) and _fits(v, inner[1]) for k, v in value.items())
    return isinstance(value, hint) if isinstance(hint, type) and hint is not Any else True


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, bool | str) and math.isfinite(value)
    except TypeError:
        return False


def _nearest_choice(value: Any, hint: Any) -> str:
    """Return `" Did you mean 'x'?"` for the choice closest to a text, where a type has choices."""
    return nearest(value, _choices(hint)) if isinstance(value, str) else ""


def _choices(hint: Any) -> list[str]:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return [str(one) for one in inner]
    return [choice for one in inner for choice in _choices(one)] if origin in (Union, types.UnionType) else []


def described(hint: Any) -> str:
    """Return what a type asks for, in words."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return ", ".join([described(inner[0]), *(str(extra) for extra in inner[1:] if isinstance(extra, Within))])
    if origin in (Union, types.UnionType):
        return " or ".join(described(one) for one in inner if is_option(one) or one is type(None))
    if origin is Literal:
        return ("one of " if len(inner) > 1 else "") + ", ".join(str(one) for one in inner)
    if origin is list:
        return f"a list like [{described(inner[0])}, ...]"
    if origin is dict:
        return f"a mapping like {{{described(inner[0])}: {described(inner[1])}}}"
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", type(None): "null"}
    return words.get(hint, getattr(hint, "__name__", str(hint)))


def is_option(hint: Any) -> bool:
    """Return whether values of a type can be written as text: numbers, texts, choices, lists and mappings of these."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return is_option(inner[0])
    if origin in (Union, types.UnionType):
        return any(is_option(one) for one in inner if one is not type(None))
    if origin is Literal:
        return True
    if origin in (list, dict):
        return all(is_option(one) for one in inner)
    return hint in (bool, int, float, str)


def converted(name: str, value: Any, hint: Any) -> Any:
    """Return the value of an option of a type, from a text or what YAML's texts, lists and mappings hold.

    Args:
        name: The option, for an error.
        value: A text, or a value of the type.
        hint: The type.

    Raises:
        UserError: If it can't be read as the type, or is out of its range.
    """
    try:
        found = _read(os.fspath(value) if isinstance(value, os.PathLike) else value, hint)
        if _fits(found, hint):
            return found
    except (ValueError, RecursionError, yaml.YAMLError):
        pass
    shown = repr(value) if len(repr(value)) < 200 else f"{repr(value)[:200]}..."
    raise UserError(f"--{name} must be {described(hint)}; got {shown}.{_nearest_choice(value, hint)}")


def _read(value: Any, hint: Any) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _read(value, inner[0])
    if origin in (Union, types.UnionType):
        return _read_union(value, inner)
    if origin is Literal:
        return next((one for one in inner if str(one).lower() == str(value).lower()), value)
    if origin in (list, dict):
        if isinstance(value, str):
            value = yaml.load(value, yaml.BaseLoader)
        if not isinstance(value, origin):
            raise ValueError
        if origin is list:
            return [_read(one, inner[0]) for one in value]
        return {_read(key, inner[0]): _read(one, inner[1]) for key, one in value.items()}
    if not isinstance(value, str):
        return value
    if hint is bool:
        return {"true": True, "false": False}[value.lower()] if value.lower() in ("true", "false") else value
    if hint is int:
        if str(int(value)) != value.removeprefix("+"):
            raise ValueError  # `01` is no number but a name
        return int(value)
    if hint is float:
        return float(value)
    return value


def _read_union(value: Any, members: tuple) -> Any:
    if type(None) in members and (value is None or value in NULL):
        return None
    for one in members:
        try:
            found = _read(value, one)
        except (ValueError, RecursionError, yaml.YAMLError):
            continue
        if is_option(one) and _fits(found, one):
            return found
    raise ValueError
