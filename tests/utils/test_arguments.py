"""What a class's arguments are by its signature and docstring, and how their values are read and checked."""

import dataclasses
from typing import Annotated, Any, Literal

import keras
import numpy as np
import pytest
from sklearn.base import BaseEstimator

from tfgmmgan.utils.arguments import (
    MISSING,
    Count,
    NotNegative,
    Positive,
    Share,
    WholeNumber,
    Within,
    arguments,
    check,
    check_arguments,
    converted,
    described,
    is_option,
    values_of,
)
from tfgmmgan.utils.errors import UserError

Jit = bool | Literal["auto"]
Classes = list[int | str] | None
Fractions = dict[int | str, Annotated[float, Within(0, 1, above=True)]]


class Base:
    """A base.

    Args:
        size: How large,
            on two lines. Default 3.
        name: What it is called.
    """

    def __init__(self, size: Count = 3, name: str = "base") -> None:
        self.size = size
        self.name = name


class Middle(Base):
    """Hands on what it does not know.

    Args:
        rate: How fast.
        size: How large for this one.
    """

    def __init__(self, rate: Positive, size: Count = 5, **kwargs) -> None:
        super().__init__(size=size, **kwargs)
        self.rate = rate


class Silent(Middle):
    """Says nothing of what it has."""

    def __init__(self, rate: Positive = 0.5, *others: int, **kwargs) -> None:
        super().__init__(rate, **kwargs)


class Closed(Base):
    """Hands nothing on."""

    def __init__(self, only: bool = True) -> None:
        super().__init__()
        self.only = only


def test_arguments_are_the_signatures_in_their_order_with_the_docstrings_words():
    found = arguments(Base)
    assert list(found) == ["size", "name"]
    assert found["size"].help == "How large, on two lines. Default 3."
    assert (found["size"].hint, found["size"].default) == (Count, 3)
    assert (found["name"].hint, found["name"].default, found["name"].help) == (str, "base", "What it is called.")


def test_what_is_handed_on_with_kwargs_comes_after_a_classs_own_which_win():
    found = arguments(Middle)
    assert list(found) == ["rate", "size", "name"]
    assert found["rate"].default is MISSING
    assert (found["size"].default, found["size"].help) == (5, "How large for this one.")
    assert found["name"].help == "What it is called."
    assert list(arguments(Silent)) == ["rate", "size", "name"]  # neither *others nor **kwargs is one
    assert (arguments(Silent)["rate"].default, arguments(Silent)["rate"].help) == (0.5, "How fast.")
    assert list(arguments(Closed)) == ["only"]


def test_a_class_without_a_constructor_has_its_bases():
    class Same(Middle):
        """As the base."""

    assert arguments(Same) == arguments(Middle)


def test_kerass_and_scikit_learns_own_are_left_out():
    class Layer(keras.layers.Dense):
        """A layer.

        Args:
            slope: Of it.
        """

        def __init__(self, slope: float = 0.1, **kwargs) -> None:
            super().__init__(3, **kwargs)

    class Estimator(BaseEstimator):
        """Has none."""

    assert list(arguments(Layer)) == ["slope"] and not arguments(Estimator)


@dataclasses.dataclass
class Options:
    """Options.

    Args:
        jit: Whether.
        classes: Which.
        fractions: How much.
        rest: Anything.
    """

    jit: Jit = "auto"
    classes: Classes = None
    fractions: Fractions = dataclasses.field(default_factory=dict)
    rest: Any = None


def test_a_dataclass_has_its_fields():
    found = arguments(Options)
    assert list(found) == ["jit", "classes", "fractions", "rest"]
    assert (found["jit"].hint, found["jit"].default, found["classes"].help) == (Jit, "auto", "Which.")
    assert values_of(Options(classes=[1])) == {"jit": "auto", "classes": [1], "fractions": {}, "rest": None}
    check_arguments(Options(True, [1, "cat"], {1: 0.5, "cat": 1.0}, object()))


def test_values_are_the_attributes_of_the_arguments_names():
    assert values_of(Middle(0.2, name="x")) == {"rate": 0.2, "size": 5, "name": "x"}
    check_arguments(Middle(0.2, name="x"))


@pytest.mark.parametrize(
    ("instance", "message"),
    [
        (Base(size=0), "size must be a whole number, at least 1; got 0."),
        (Base(size=2.5), "size must be a whole number, at least 1; got 2.5."),
        (Base(size=True), "size must be a whole number, at least 1; got True."),
        (Base(name=None), "name must be a text; got None."),
        (Middle(rate=0), "rate must be a number, above 0; got 0."),
        (Middle(rate=float("nan")), "rate must be a number, above 0; got nan."),
        (Options(jit="never"), "jit must be true or false or auto; got 'never'."),
        (Options(jit=1), "jit must be true or false or auto; got 1."),
        (Options(classes=5), "classes must be a list like [a whole number or a text, ...] or null; got 5."),
        (
            Options(fractions={"cat": 2}),
            "fractions must be a mapping like {a whole number or a text: a number, above 0 and at most 1}; "
            "got {'cat': 2}.",
        ),
    ],
)
def test_a_wrong_argument_is_told_with_what_was_expected_and_what_came(instance, message):
    with pytest.raises(UserError) as raised:
        check_arguments(instance)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("hint", "good", "bad"),
    [
        (Count, [1, 10**9, np.int64(3)], [0, -1, 1.5, float("inf"), float("nan"), "1", None, True]),
        (WholeNumber, [0, 7], [-1, 0.5]),
        (Positive, [1e-30, 3, 1e30], [0, -1e-9, float("inf"), float("nan"), "1", None, False]),
        (NotNegative, [0, 0.0, 5], [-1e-9, float("-inf")]),
        (Share, [0, 0.5, 0.999], [1, 1.0, -0.1]),
        (Annotated[float, Within(0, 1, above=True, below=True)], [0.5], [0, 1]),
        (Annotated[float, Within(most=2)], [-1e9, 2], [2.1]),
        (bool, [True, False], [0, 1, "true", None]),
        (str, ["", "a"], [1, None, ["a"]]),
        (Literal[1, 3] | None, [1, 3, None], [2, "1", True]),
        (Literal["a", "b"], ["a"], ["c", 1, None]),
        (list[int], [[], [1, 2], (3,)], [[1.5], ["1"], "12", 3]),
        (dict[str, int], [{}, {"a": 1}], [{1: 1}, {"a": "b"}, []]),
        (Any, [1, None, object()], []),
        (keras.Model, [keras.Sequential()], [5, "model"]),
    ],
)
def test_types_and_ranges(hint, good, bad):
    for value in good:
        check("it", value, hint)
    for value in bad:
        with pytest.raises(UserError, match=r"^it must be "):
            check("it", value, hint)


@pytest.mark.parametrize(
    ("text", "hint", "expected"),
    [
        ("3", int, 3),
        ("-3", int, -3),
        ("+3", int, 3),
        (7, int, 7),
        ("1e-3", float, 1e-3),
        ("5", float, 5.0),
        ("true", bool, True),
        ("False", bool, False),
        (True, bool, True),
        ("01", str, "01"),
        ("yes", str, "yes"),
        ("null", str, "null"),
        ("3", str, "3"),
        ("Hinge", Literal["hinge", "minimax"], "hinge"),
        ("3", Literal[1, 3], 3),
        ("auto", Jit, "auto"),
        ("true", Jit, True),
        ("null", Count | None, None),
        ("~", Count | None, None),
        ("", Count | None, None),
        (None, Count | None, None),
        ("4", Count | None, 4),
        ("[0, 1]", Classes, [0, 1]),
        ("[cat, 2, no, 01]", Classes, ["cat", 2, "no", "01"]),
        ("['7']", Classes, [7]),
        ("[]", Classes, []),
        (["3", "a"], Classes, [3, "a"]),
        ("null", Classes, None),
        ("{3: 0.1, cat: 1}", Fractions, {3: 0.1, "cat": 1.0}),
        ({"3": "0.1", "01": "1"}, Fractions, {3: 0.1, "01": 1.0}),
        ("{}", Fractions, {}),
        ("[[1, 2], [3]]", list[list[int]], [[1, 2], [3]]),
        ("3", int | str, 3),
        ("3.5", int | str, "3.5"),
        ("01", int | str, "01"),
        ("1_000", int | str, "1_000"),
        (" 3", int | str, " 3"),
    ],
)
def test_texts_are_read_as_the_type_says(text, hint, expected):
    found = converted("it", text, hint)
    assert found == expected and type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "hint", "wants"),
    [
        ("01", int, "a whole number"),
        ("1.0", int, "a whole number"),
        ("1_000", int, "a whole number"),
        ("many", int, "a whole number"),
        ("", int, "a whole number"),
        ("null", int, "a whole number"),
        (None, int, "a whole number"),
        ("true", int, "a whole number"),
        ("0", Count, "a whole number, at least 1"),
        ("nan", float, "a number"),
        (".inf", float, "a number"),
        ("inf", float, "a number"),
        ("1", Share, "a number, at least 0 and below 1"),
        ("yes", bool, "true or false"),
        ("no", bool, "true or false"),
        ("1", bool, "true or false"),
        ("wasserstein", Literal["hinge", "minimax"], "one of hinge, minimax"),
        ("2", Literal[1, 3] | None, "one of 1, 3 or null"),
        ("maybe", Jit, "true or false or auto"),
        ("cat", Classes, "a list like [a whole number or a text, ...] or null"),
        ("{a: 1}", Classes, "a list like [a whole number or a text, ...] or null"),
        ("[1", list[int], "a list like [a whole number, ...]"),
        ("[x]", list[int], "a list like [a whole number, ...]"),
        ("{3: 2}", Fractions, "a mapping like {a whole number or a text: a number, above 0 and at most 1}"),
        ("[3]", Fractions, "a mapping like {a whole number or a text: a number, above 0 and at most 1}"),
        ("{? [a] : 1}", Fractions, "a mapping like {a whole number or a text: a number, above 0 and at most 1}"),
        ({"a": {"b": "1"}}, Fractions, "a mapping like {a whole number or a text: a number, above 0 and at most 1}"),
        (["a"], str, "a text"),
        ({"class_path": "os.system"}, str, "a text"),
        ({"class_path": "os.system"}, Count | None, "a whole number, at least 1 or null"),
    ],
)
def test_what_can_not_be_read_is_told(text, hint, wants):
    with pytest.raises(UserError) as raised:
        converted("it", text, hint)
    assert str(raised.value) == f"--it must be {wants}; got {text!r}."


@pytest.mark.parametrize(("text", "hint"), [("x" * 10_000, int), ("[" * 100_000, Classes), ("{a: " * 9999, Fractions)])
def test_a_long_value_is_cut_in_the_message(text, hint):
    with pytest.raises(UserError) as raised:
        converted("it", text, hint)
    assert len(str(raised.value)) < 330


def test_a_tag_in_a_text_means_nothing():
    assert converted("it", "!!python/object/apply:os.getcwd [3]", list[int]) == [3]


def test_what_can_be_written_is_an_option_and_no_object_is():
    for hint in (bool, int, float, str, Count, Jit, Classes, Fractions, str | keras.Model, Literal["a"]):
        assert is_option(hint)
    for hint in (keras.Model, keras.Model | None, list[keras.Model], dict[str, keras.Model], Any, type(None)):
        assert not is_option(hint)
    assert described(str | keras.Model | None) == "a text or null"
