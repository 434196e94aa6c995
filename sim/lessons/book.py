"""The lesson file: questions to predict, tasks to solve, and what a solution has to do.

Answers do not stand in it: what a task asks for is stated as behaviour, and a value that is asked for only as
a salted hash, so that a learner who opens the file learns nothing.
"""

import hashlib
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sim.analysis.check_shapes import EXPECT, check_shape
from sim.errors import ScenarioError
from sim.manifests.documents import Document


class _Page(BaseModel):
    """A part of a lesson file; keys that are not known are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(_Page):
    """What is predicted before it is seen.

    Args:
        choices: letter -> text; empty: the answer is free text.
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
    """A task of the kinds modify and make; each given part of the check must hold.

    Args:
        given: files of the lesson that stay; the learner's objects are added, or stand instead of their own.
        endpoints: `NAMESPACE/NAME` of a Service -> the Pods that must be its ready endpoints.
        load_balancers: how many load balancers must be wanted.
        values: name -> salted hash of the value asked for.
        hints: three, from a nudge to nearly the answer.
    """

    id: str
    kind: Literal["modify", "make"]
    ask: str
    given: tuple[str, ...] = ("manifests/",)
    requests: tuple[AskedKey, ...] = ()
    endpoints: dict[str, tuple[str, ...]] = {}
    shares: tuple[SharesKey, ...] = ()
    load_balancers: int | None = None
    values: dict[str, str] = {}
    hints: tuple[str, str, str]


class Book(_Page):
    """A lesson: its goal, the misconception it corrects, its questions and tasks."""

    title: str
    minutes: int = Field(gt=0)
    goal: str
    misconception: str
    questions: tuple[Question, ...] = Field(min_length=1)
    tasks: tuple[Task, ...] = Field(min_length=1)


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
