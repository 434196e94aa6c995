"""Lessons: predict, run, explain, change, make. A lesson is a scenario folder with a lesson.yaml in it.

The notebook tells the story with the names of `sim.lesson(...)`: nothing is shown before a prediction is
stored, and what a learner writes is judged by what it does, not by how it is written.
"""

from sim.lessons.lesson import Lesson, lesson
from sim.scenario.experiment import lesson_names

__all__ = ["Lesson", "lesson", "lesson_names"]
