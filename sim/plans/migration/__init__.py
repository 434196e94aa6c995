"""The way from Ingresses to the Gateway API: the objects that take their place, and what has no counterpart.

What is written says of every rule from which line it comes, and is read back before anything is said of it.
What answers alike, and what does not, is proved elsewhere (sim.analysis.migrate).
"""

from sim.plans.migration.gateways import Migration, migration
from sim.plans.migration.objects import LeftOut, MigratedObject

__all__ = ["LeftOut", "MigratedObject", "Migration", "migration"]
