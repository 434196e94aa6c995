"""The fields of Pods and of what makes them, and their types.

Deep parts that no packet meets are not looked into: what a volume is made of, affinity, security contexts,
resources, status. Fields that v1.36 and v1.37 added are known too.
Source: the Kubernetes API reference v1.35; `k8s.io/api` core/v1, apps/v1, batch/v1; `meta/v1`.
"""

from sim.manifests.validation.meta_schema import INT32, INT64, LABELS, OBJECT_META, TEXTS, a_kind, an_object
from sim.manifests.validation.shapes import Anything, Fields, ListOf, Shape, Text, Truth, WholeOrText


def _each(shape: Shape, names: str) -> dict[str, Shape]:
    """Fields of one shape, by their names with blanks between."""
    return dict.fromkeys(names.split(), shape)


_WITHIN = Anything()
_NAMED = ListOf(an_object("name"))

SELECTOR = an_object(matchLabels=LABELS, matchExpressions=ListOf(an_object("key operator", values=TEXTS)))
_HTTP_GET = an_object(
    "host path scheme protocol", port=WholeOrText(), httpHeaders=ListOf(an_object("name value"))
)
_EXEC, _TCP_SOCKET = an_object(command=TEXTS), an_object("host", port=WholeOrText())
_PROBE = an_object(
    exec=_EXEC,
    httpGet=_HTTP_GET,
    tcpSocket=_TCP_SOCKET,
    grpc=an_object("service mode", port=INT32),
    terminationGracePeriodSeconds=INT64,
    **_each(INT32, "initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold"),
)
_HANDLER = an_object(exec=_EXEC, httpGet=_HTTP_GET, tcpSocket=_TCP_SOCKET, sleep=an_object(seconds=INT64))
_CONTAINER = an_object(
    "name image workingDir imagePullPolicy restartPolicy terminationMessagePath terminationMessagePolicy",
    ports=ListOf(an_object("name protocol hostIP", containerPort=INT32, hostPort=INT32)),
    env=ListOf(an_object("name value", valueFrom=_WITHIN)),
    volumeMounts=ListOf(
        an_object(
            "name mountPath subPath subPathExpr mountPropagation recursiveReadOnly",
            readOnly=Truth(),
            bindMountOptions=TEXTS,
        )
    ),
    volumeDevices=ListOf(an_object("name devicePath")),
    lifecycle=an_object("stopSignal", postStart=_HANDLER, preStop=_HANDLER),
    **_each(TEXTS, "command args"),
    **_each(_PROBE, "livenessProbe readinessProbe startupProbe"),
    **_each(Truth(), "stdin stdinOnce tty"),
    **_each(_WITHIN, "envFrom resources resizePolicy restartPolicyRules securityContext"),
)
_VOLUME = an_object(
    "name",
    **_each(
        _WITHIN,
        "awsElasticBlockStore azureDisk azureFile cephfs cinder configMap csi downwardAPI emptyDir ephemeral"
        " fc flexVolume flocker gcePersistentDisk gitRepo glusterfs hostPath image iscsi nfs"
        " persistentVolumeClaim photonPersistentDisk portworxVolume projected quobyte rbd scaleIO secret"
        " storageos vsphereVolume",
    ),
)
POD_SPEC = an_object(
    "dnsPolicy hostname hostnameOverride nodeName preemptionPolicy priorityClassName restartPolicy"
    " runtimeClassName schedulerName serviceAccount serviceAccountName subdomain",
    containers=ListOf(_CONTAINER),
    initContainers=ListOf(_CONTAINER),
    ephemeralContainers=ListOf(Fields({**_CONTAINER.fields, "targetContainerName": Text()})),
    volumes=ListOf(_VOLUME),
    nodeSelector=LABELS,
    imagePullSecrets=_NAMED,
    priority=INT32,
    **_each(INT64, "activeDeadlineSeconds terminationGracePeriodSeconds"),
    **_each(
        Truth(),
        "automountServiceAccountToken enableServiceLinks hostIPC hostNetwork hostPID hostUsers"
        " setHostnameAsFQDN shareProcessNamespace",
    ),
    **_each(
        _WITHIN,
        "affinity dnsConfig evictionResponders hostAliases os overhead readinessGates resourceClaims"
        " resources schedulingGates schedulingGroup securityContext tolerations topologySpreadConstraints"
        " workloadRef",
    ),
)
TEMPLATE = an_object(metadata=OBJECT_META, spec=POD_SPEC)
_SURGE = an_object(maxSurge=WholeOrText(), maxUnavailable=WholeOrText())
_JOB_SPEC = an_object(
    "completionMode managedBy podReplacementPolicy",
    selector=SELECTOR,
    template=TEMPLATE,
    activeDeadlineSeconds=INT64,
    **_each(
        INT32,
        "backoffLimit backoffLimitPerIndex completions maxFailedIndexes parallelism ttlSecondsAfterFinished",
    ),
    **_each(Truth(), "manualSelector suspend"),
    **_each(_WITHIN, "podFailurePolicy scheduling successPolicy"),
)


def _workload(spec: Shape) -> Fields:
    return a_kind(spec=spec, status=_WITHIN)


_COUNTS = "replicas minReadySeconds revisionHistoryLimit"

WORKLOADS: dict[tuple[str, str], Fields] = {
    ("v1", "Pod"): _workload(POD_SPEC),
    ("v1", "ReplicationController"): _workload(
        an_object(selector=LABELS, template=TEMPLATE, **_each(INT32, "replicas minReadySeconds"))
    ),
    ("apps/v1", "Deployment"): _workload(
        an_object(
            selector=SELECTOR,
            template=TEMPLATE,
            strategy=an_object("type", rollingUpdate=_SURGE),
            paused=Truth(),
            **_each(INT32, f"{_COUNTS} progressDeadlineSeconds"),
        )
    ),
    ("apps/v1", "ReplicaSet"): _workload(
        an_object(selector=SELECTOR, template=TEMPLATE, **_each(INT32, "replicas minReadySeconds"))
    ),
    ("apps/v1", "DaemonSet"): _workload(
        an_object(
            selector=SELECTOR,
            template=TEMPLATE,
            updateStrategy=an_object("type", rollingUpdate=_SURGE),
            **_each(INT32, "minReadySeconds revisionHistoryLimit"),
        )
    ),
    ("apps/v1", "StatefulSet"): _workload(
        an_object(
            "serviceName podManagementPolicy",
            selector=SELECTOR,
            template=TEMPLATE,
            updateStrategy=an_object(
                "type", rollingUpdate=an_object(partition=INT32, maxUnavailable=WholeOrText())
            ),
            volumeClaimTemplates=ListOf(_workload(_WITHIN)),
            **_each(INT32, _COUNTS),
            **_each(_WITHIN, "ordinals persistentVolumeClaimRetentionPolicy"),
        )
    ),
    ("batch/v1", "Job"): _workload(_JOB_SPEC),
    ("batch/v1", "CronJob"): _workload(
        an_object(
            "schedule timeZone concurrencyPolicy",
            jobTemplate=an_object(metadata=OBJECT_META, spec=_JOB_SPEC),
            startingDeadlineSeconds=INT64,
            suspend=Truth(),
            **_each(INT32, "successfulJobsHistoryLimit failedJobsHistoryLimit"),
        )
    ),
}
"""(apiVersion, kind) -> fields of what runs containers."""
