"""Faults of the reading: text that is no manifest, and manifests that an API server would refuse."""

from __future__ import annotations

from sim.analysis.codes.page import Code

_DRY_RUN = "kubectl apply --dry-run=server -f FILE"

PAGES = (
    Code(
        "SIM1001",
        "Not valid YAML or JSON",
        "The text cannot be read as YAML or JSON from the named place on. Other documents of the "
        "file are read.",
        "A tab as indentation, a missing colon or quote, a comma too many, an alias without its anchor.",
        "kubectl apply --dry-run=client -f FILE",
        "Look at the named line and the one above it: a parser often notices a mistake one line late.",
    ),
    Code(
        "SIM1002",
        "Not text",
        "The file holds bytes that are no UTF-8 or UTF-16 text, or characters that YAML does not allow.",
        "An archive or picture was given, a file was cut off, or an editor saved it in an old encoding.",
        "kubectl apply --dry-run=client -f FILE",
        "Save the file as UTF-8 and remove control characters.",
    ),
    Code(
        "SIM1003",
        "A key stands twice",
        "One mapping has the same key twice. Only the last one counts; what the first one said is lost.",
        "Two edits were merged, or a block was copied. kubectl warns, or with strict checks refuses.",
        "kubectl apply --dry-run=server --validate=strict -f FILE",
        "Remove one of the two, or put what they say together.",
    ),
    Code(
        "SIM1004",
        "Aliases run in a circle or grow too large",
        "An alias leads back to itself, or aliases of aliases unfold to far more than a manifest can be.",
        "A slip with an anchor, or a file made to exhaust its reader.",
        "kubectl apply --dry-run=client -f FILE",
        "Write the values out instead of the alias.",
    ),
    Code(
        "SIM1005",
        "An unrendered template",
        "The file still holds {{ ... }}. It is the recipe of a manifest, not a manifest.",
        "A file of a Helm chart's templates/ folder was given as it is.",
        "helm template . | kubectl apply --dry-run=client -f -",
        "Render it first: helm template . | sim trace -f - URL",
    ),
    Code(
        "SIM1006",
        "Nested too deep",
        "Mappings and lists lie deeper in each other than any Kubernetes object needs.",
        "A generator went wrong, or the file was made to exhaust its reader.",
        "kubectl apply --dry-run=client -f FILE",
        "Look at what made the file.",
    ),
    Code(
        "SIM1007",
        "Markers of an unfinished merge",
        "The file holds <<<<<<<, ======= or >>>>>>> of a merge that was not finished.",
        "Two branches changed the same lines, and nobody chose.",
        "kubectl apply --dry-run=client -f FILE",
        "Keep one of the two sides and delete the markers.",
    ),
    Code(
        "SIM1008",
        "A tag that Kubernetes does not know",
        "A value carries a YAML tag such as !Ref or !vault, or a tag that its value cannot have.",
        "The file belongs to another tool, which fills such values in before a cluster sees them.",
        "kubectl apply --dry-run=client -f FILE",
        "Let that tool render the file first, or remove the tag.",
    ),
    Code(
        "SIM1009",
        "Nothing in the file",
        "The file or the stream holds no object at all.",
        "It is empty or only comments; a pipe's first command failed; a template's condition was false.",
        "kubectl apply --dry-run=client -f FILE",
        "Run the command that makes the file by itself and look at what it says.",
    ),
    Code(
        "SIM1010",
        "Not a Kubernetes object",
        "The document is valid YAML, but has no apiVersion and kind, or is no mapping at all.",
        "Values files, CI configuration and the text of a failed command look like this.",
        "kubectl apply --dry-run=client -f FILE",
        "Give the manifests alone, or add the apiVersion and kind that are missing.",
    ),
    Code(
        "SIM1011",
        "A kind that is not written so",
        "No such kind exists in this group, but one that differs in case or by one letter does.",
        "Kinds are case-sensitive: Ingress, not ingress.",
        "kubectl api-resources",
        "Write the kind as kubectl api-resources lists it.",
    ),
    Code(
        "SIM1012",
        "A value of the wrong type",
        "A field holds text where a number belongs, a mapping where a list belongs, and so on. An API server "
        "cannot decode the object and refuses it.",
        "Quotes around a number, none around 'true' or a version, or a dash too many or too few.",
        _DRY_RUN,
        "Write the value as the message says; kubectl explain KIND.FIELD names the type.",
    ),
    Code(
        "SIM1013",
        "A field that does not exist",
        "The kind has no such field. An API server drops it, or refuses the object under strict "
        "checks; either "
        "way it does nothing.",
        "A slip of the pen, a field one level too high or too low, or one of an older version of the API.",
        "kubectl apply --dry-run=server --validate=strict -f FILE",
        "Write the name as kubectl explain shows it, at its right level.",
    ),
    Code(
        "SIM1014",
        "The API server refuses the object",
        "The object can be decoded, but breaks a rule of its kind: a name with capitals, a path without a "
        "slash, a port above 65535, a required field that is missing.",
        "The message is the one that the API server gives.",
        _DRY_RUN,
        "Change the field that the message names. Until then the object is not in the cluster at all.",
    ),
    Code(
        "SIM1015",
        "A version of the API that was removed",
        "This apiVersion was served once; clusters of today do not know it. kubectl says: no matches "
        "for kind.",
        "The manifest is older than the cluster. Ingress left extensions/v1beta1 and "
        "networking.k8s.io/v1beta1 "
        "with Kubernetes 1.22.",
        "kubectl api-versions",
        "Write the version that the message names; Ingress backends and pathType changed with it.",
    ),
    Code(
        "SIM1016",
        "The same object twice",
        "Two documents have the same group, kind, namespace and name. Applied in order, the last one stays.",
        "A file was copied, a chart was rendered twice, or two environments lie in one folder.",
        "kubectl diff -f FOLDER",
        "Give one of the two, or put them in different namespaces.",
    ),
    Code(
        "SIM1017",
        "A kustomization that cannot be built",
        "The kustomization names a file that is not there, something remote, or a key that does not exist.",
        "A slip of the pen, a missing file, or a base that lies on another machine.",
        "kubectl kustomize FOLDER",
        "Build it first: kubectl kustomize FOLDER | sim trace -f - URL",
    ),
    Code(
        "SIM1018",
        "A part of a kustomization that is not applied",
        "Resources, namespace and names are applied here; patches, generators and the like are not. The "
        "objects are read as their files have them.",
        "Only what moves objects is built here; kustomize itself does the rest.",
        "kubectl kustomize FOLDER",
        "Where the patch matters, build it first: kubectl kustomize FOLDER | sim trace -f - URL",
    ),
)
