"""The lesson file: questions to predict, tasks to solve, and what a solution has to do.

Answers cannot be read in it: what a task asks for is stated as behaviour, a value that is asked for as a
salted hash, and what is told after a prediction is packed. A learner who opens it learns nothing by accident.
"""

import hashlib
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sim.analysis.check_shapes import EXPECT, check_shape
from sim.errors import ScenarioError
from sim.lessons.packed import unpack
from sim.manifests.documents import Document


class _Page(BaseModel):
    """A part of a lesson file; keys that are not known are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(_Page):
    """What is predicted before it is seen.

    Args:
        choices: letter -> text, in an order that gives nothing away: codes and numbers ascending, places as a
            request meets them, names by the alphabet, "no code" and "nobody" last. Empty: free text.
    """

    id: str
    ask: str
    choices: dict[str, str] = {}


class AskedKey(_Page):
    """A request that a solution must answer; `expect` holds keys of `sim check`, and only those count.

    Args:
        client_ip: who asks; None: a client on the Internet.
    """

    url: str
    client_ip: str | None = None
    expect: dict[str, Any]

    @field_validator("expect")
    @classmethod
    def _known(cls, value: dict[str, Any]) -> dict[str, Any]:
        check_shape(value, EXPECT, "expect ", None)
        return value


class SharesKey(_Page):
    """What the spreading of a Service's connections must look like.

    Args:
        even: every Pod the same share. most: no Pod a larger one. at_least: so many Pods have a share.
        source_kept: every Pod sees the client's own address.
    """

    service: str
    even: bool = False
    most: float = 1.0
    at_least: int = 1
    source_kept: bool = False


class Task(_Page):
    """A task: what is to be said before it is seen, changed, or made. Each given part of the check must hold.

    Args:
        given: files of the lesson that stay; the learner's objects are added, or stand instead of their own.
        endpoints: `NAMESPACE/NAME` of a Service -> the Pods that must be its ready endpoints.
        load_balancers: how many load balancers must be wanted.
        values: name -> salted hash of the value asked for.
        hints: three, from a nudge to nearly the answer.
        minutes: what a class needs for it.
    """

    id: str
    kind: Literal["predict", "modify", "make"]
    minutes: int = Field(gt=0)
    ask: str
    given: tuple[str, ...] = ("manifests/",)
    requests: tuple[AskedKey, ...] = ()
    endpoints: dict[str, tuple[str, ...]] = {}
    shares: tuple[SharesKey, ...] = ()
    load_balancers: int | None = None
    values: dict[str, str] = {}
    hints: tuple[str, str, str]


class Minutes(_Page):
    """What a class needs for the questions, and for what is run and told after them."""

    predict: int = Field(gt=0)
    run: int = Field(gt=0)


class Explanations(_Page):
    """What is told after the predictions, and not before.

    Args:
        explain: sentences that sum the lesson up.
        left_out: what is different on a real cluster; commands: what shows the same things there.
        right: question -> its right letter.
        after: question -> letter -> what is said to whoever chose it.
    """

    goal: str = ""
    misconception: str = ""
    explain: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    commands: str = ""
    right: dict[str, str] = {}
    after: dict[str, dict[str, str]] = {}


class Book(_Page):
    """A lesson: its questions and tasks, and what is told once they are answered.

    Args:
        told: packed by `notebooks/pack.py`.
    """

    title: str
    minutes: Minutes
    questions: tuple[Question, ...] = Field(min_length=1)
    tasks: tuple[Task, ...] = ()
    told: Explanations = Explanations()

    @field_validator("told", mode="before")
    @classmethod
    def _unpacked(cls, value: str) -> Any:
        return unpack(value)

    @property
    def total_minutes(self) -> int:
        """Minutes for all of it, every task included."""
        return self.minutes.predict + self.minutes.run + sum(task.minutes for task in self.tasks)


Part = TypeVar("Part", Question, Task)


def read_book(document: Document) -> Book:
    """Make a lesson of what stands in a lesson file.

    Raises:
        ScenarioError: with the place of the first fault.
    """
    try:
        return Book.model_validate(document.value)
    except ValidationError as error:
        fault = error.errors()[0]
        path = fault["loc"]
        said = f"{'.'.join(map(str, path))}: {fault['msg'].lower()}"
        raise ScenarioError(said, document.origin.at(*path)) from None


def hashed(task: str, name: str, value: Any) -> str:
    """The salted hash of a value: what is written the same way after trimming counts as the same."""
    said = " ".join(str(value).lower().split())
    return hashlib.sha256(f"{task}/{name}/{said}".encode()).hexdigest()[:16]
