"""Kubernetes objects as frozen pages of the API reference, each field knowing its file and line.

Strict about shapes (a string where a number belongs stops the object), lenient about values: a value that
the API server would refuse is the business of `sim.manifests.validation`. Fields that are not modelled are
kept aside in `model_extra`, so that they can be reported. Secrets: names only, their data is dropped on the
way in.
Source of names and meanings: the Kubernetes API reference, v1.35.
"""
