"""One made-up cluster with something wrong everywhere, for questions to be asked of it."""

from typing import Any

from bot.sandbox.kubernetes import FakeKubernetes

Json = dict[str, Any]


def made(api: str, kind: str, name: str, namespace: str = "", **rest: Any) -> Json:  # noqa: ANN401
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **rest.pop("metadata", {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}


def container(name: str, **rest: Any) -> Json:  # noqa: ANN401
    return {"name": name, "image": f"{name}:1", **rest}


def status(name: str, **rest: Any) -> Json:  # noqa: ANN401
    return {"name": name, "image": f"{name}:1", "ready": False, "restartCount": 3, **rest}


def ended(reason: str, code: int, at: str = "2026-11-23T08:00:00Z") -> Json:
    return {"terminated": {"reason": reason, "exitCode": code, "finishedAt": at}}


def node(name: str, architecture: str = "amd64", **rest: Any) -> Json:  # noqa: ANN401
    labels = {"kubernetes.io/hostname": name, "zone": rest.pop("zone", "a"), **rest.pop("labels", {})}
    ready = rest.pop("ready", "True")
    return made(
        "v1", "Node", name,
        metadata={"labels": labels},
        spec={"providerID": f"aws:///eu/{name}", **rest},
        status={
            "nodeInfo": {"operatingSystem": "linux", "architecture": architecture, "kubeletVersion": "v1.36.1-eks-1"},
            "allocatable": {"cpu": "2", "memory": "4Gi", "pods": "10"},
            "conditions": [
                {"type": "MemoryPressure", "status": "False"},
                {"type": "Ready", "status": ready, "reason": "Kubelet", "message": "kubelet says so"},
            ],
        },
    )  # fmt: skip


TEMPLATE: Json = {
    "serviceAccountName": "web",
    "securityContext": {"runAsNonRoot": True},
    "nodeSelector": {"zone": "a"},
    "tolerations": [{"key": "team", "operator": "Equal", "value": "web", "effect": "NoSchedule"}],
    "initContainers": [container("migrate")],
    "containers": [
        container(
            "web",
            securityContext={"allowPrivilegeEscalation": False},
            resources={"requests": {"cpu": "1500m"}, "limits": {"memory": "1Gi"}},
        ),
        container("sidecar"),
    ],
}
SELECTOR = {"matchLabels": {"app": "web"}}
WEBHOOKS = [
    {
        "name": "check.policy.example.com",
        "failurePolicy": "Fail",
        "clientConfig": {"service": {"namespace": "policy", "name": "policy"}},
    }
]
OBJECTS: tuple[Json, ...] = (
    made("v1", "Namespace", "web", metadata={"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}),
    made("v1", "Namespace", "going", metadata={"deletionTimestamp": "2026-11-23T08:00:00Z"}, status={
        "phase": "Terminating",
        "conditions": [{"type": "NamespaceFinalizersRemaining", "status": "True", "reason": "SomeFinalizersRemain",
                        "message": "some content has finalizers remaining: example.com/keep in 1 resource instances"}],
    }),
    node("one", taints=[{"key": "team", "value": "web", "effect": "NoSchedule"}]),
    node("two", "arm64", zone="b", ready="False", taints=[{"key": "gpu", "effect": "NoSchedule"}]),
    made("apps/v1", "Deployment", "web", "web", spec={"replicas": 2, "selector": SELECTOR,
                                                      "template": {"spec": TEMPLATE}},
         status={"replicas": 2, "readyReplicas": 1, "updatedReplicas": 2}),
    made("apps/v1", "ReplicaSet", "web-1", "web", metadata={
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": True}]}),
    made("v1", "Pod", "web-1-a", "web", metadata={
        "labels": {"app": "web"},
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "controller": True}],
    }, spec={**TEMPLATE, "nodeName": "one"}, status={"phase": "Running", "containerStatuses": [
        status("web", lastState=ended("OOMKilled", 137)), status("sidecar", lastState=ended("Completed", 0)),
    ]}),
    made("v1", "ServiceAccount", "web", "web", imagePullSecrets=[{"name": "registry"}]),
    made("v1", "ConfigMap", "flags", "web", data={"color": "blue"}, binaryData={"logo": "AA=="}),
    made("v1", "ResourceQuota", "team", "web", status={"hard": {"pods": "2", "requests.cpu": "4"},
                                                       "used": {"pods": "2", "requests.cpu": "1500m"}}),
    made("v1", "LimitRange", "limits", "web", spec={"limits": [
        {"type": "Container", "max": {"memory": "512Mi"}, "min": {"cpu": "100m"}}]}),
    made("v1", "PersistentVolumeClaim", "data", "web", spec={
        "storageClassName": "fast", "resources": {"requests": {"storage": "5Gi"}}}, status={"phase": "Pending"}),
    made("v1", "PersistentVolume", "pv-1", spec={"claimRef": {"namespace": "web", "name": "old"}},
         status={"phase": "Failed", "message": "no plugin to delete it"}),
    made("storage.k8s.io/v1", "StorageClass", "slow", provisioner="ebs.csi.aws.com",
         metadata={"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}),
    made("v1", "Service", "web", "web", spec={"selector": {"app": "web"}}),
    made("discovery.k8s.io/v1", "EndpointSlice", "web-x", "web", metadata={
        "labels": {"kubernetes.io/service-name": "web"}},
        addressType="IPv4", endpoints=[
            {"addresses": ["10.0.0.1"], "conditions": {"ready": True}},
            {"addresses": ["10.0.0.2"], "conditions": {"ready": False}},
            {"addresses": ["10.0.0.3"], "conditions": {}}]),
    made("v1", "Service", "policy", "policy", spec={"selector": {"app": "policy"}}),
    made("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "policy", webhooks=WEBHOOKS),
    made("apiextensions.k8s.io/v1", "CustomResourceDefinition", "widgets.example.com", spec={
        "group": "example.com", "names": {"kind": "Widget"}, "versions": [{"name": "v1", "served": True}]},
        status={"conditions": [{"type": "Established", "status": "True"}]}),
    made("apiregistration.k8s.io/v1", "APIService", "v1beta1.metrics.k8s.io",
         spec={"service": {"namespace": "kube-system", "name": "metrics-server"}},
         status={"conditions": [{"type": "Available", "status": "False", "reason": "MissingEndpoints",
                                 "message": "endpoints for service/metrics-server have no addresses"}]}),
    made("autoscaling/v2", "HorizontalPodAutoscaler", "web", "web", status={"conditions": [
        {"type": "AbleToScale", "status": "True", "reason": "SucceededGetScale"},
        {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric",
         "message": "unable to fetch metrics from resource metrics API"}]}),
    made("v1", "Event", "web-1-a.1", "web",
         involvedObject={"kind": "Pod", "namespace": "web", "name": "web-1-a", "apiVersion": "v1"},
         reason="BackOff", type="Warning", count=7, message="Back-off restarting failed container web in pod web-1-a",
         firstTimestamp="2026-11-23T08:00:00Z", lastTimestamp="2026-11-23T08:05:00Z", source={"component": "kubelet"}),
    made("v1", "Event", "web-1-a.2", "web",
         involvedObject={"kind": "Pod", "namespace": "web", "name": "web-1-a", "apiVersion": "v1"},
         reason="Pulled", type="Normal", count=1, message="Container image already present",
         firstTimestamp="2026-11-23T08:06:00Z", lastTimestamp="2026-11-23T08:06:00Z", source={"component": "kubelet"}),
)  # fmt: skip


def fill(fake: FakeKubernetes) -> None:
    """Put the cluster's objects and logs into the fake."""
    fake.serve_kind("example.com/v1", "Widget", "widgets", namespaced=True)
    for obj in OBJECTS:
        fake.put(obj)
    fake.put_log("web", "web-1-a", "web", "started\nDB_PASSWORD=hunter22secret\nconnection refused\n", previous=True)
