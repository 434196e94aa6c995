"""What limits how many Pods may be missing at once."""

from pydantic import StrictInt, StrictStr

from sim.manifests.objects.meta import KubernetesObject, Manifest
from sim.manifests.objects.workloads import LabelSelector


class PodDisruptionBudgetSpec(Manifest):
    """Which Pods, and how many of them may be missing, or must be there: a number, or a percentage."""

    selector: LabelSelector = LabelSelector()
    max_unavailable: StrictInt | StrictStr | None = None
    min_available: StrictInt | StrictStr | None = None


class PodDisruptionBudget(KubernetesObject):
    """policy/v1 PodDisruptionBudget."""

    spec: PodDisruptionBudgetSpec = PodDisruptionBudgetSpec()
