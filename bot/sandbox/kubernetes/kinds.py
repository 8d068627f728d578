"""Which kinds are served: the built-in ones a responder may ask for, and those a CRD adds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One served kind. `custom` kinds come from a CRD."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    custom: bool = False

    @property
    def api_version(self) -> str:
        """Return `group/version`, or the version alone in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """Return the name used in messages and rights: `deployments.apps`, `pods`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def bookmarked(self) -> bool:
        """Say whether watches get bookmarks now and then: those of events, which bypass the watch cache, don't."""
        return self.kind != "Event"


_BUILT_IN: Final = """
v1 Namespace namespaces cluster
v1 Node nodes cluster
v1 PersistentVolume persistentvolumes cluster
v1 ConfigMap configmaps
v1 Endpoints endpoints
v1 Event events
v1 LimitRange limitranges
v1 PersistentVolumeClaim persistentvolumeclaims
v1 Pod pods
v1 ReplicationController replicationcontrollers
v1 ResourceQuota resourcequotas
v1 Secret secrets
v1 Service services
v1 ServiceAccount serviceaccounts
admissionregistration.k8s.io/v1 MutatingWebhookConfiguration mutatingwebhookconfigurations cluster
admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy validatingadmissionpolicies cluster
admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding validatingadmissionpolicybindings cluster
admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration validatingwebhookconfigurations cluster
apiextensions.k8s.io/v1 CustomResourceDefinition customresourcedefinitions cluster
apiregistration.k8s.io/v1 APIService apiservices cluster
apps/v1 ControllerRevision controllerrevisions
apps/v1 DaemonSet daemonsets
apps/v1 Deployment deployments
apps/v1 ReplicaSet replicasets
apps/v1 StatefulSet statefulsets
autoscaling/v2 HorizontalPodAutoscaler horizontalpodautoscalers
batch/v1 CronJob cronjobs
batch/v1 Job jobs
coordination.k8s.io/v1 Lease leases
discovery.k8s.io/v1 EndpointSlice endpointslices
networking.k8s.io/v1 Ingress ingresses
networking.k8s.io/v1 NetworkPolicy networkpolicies
policy/v1 PodDisruptionBudget poddisruptionbudgets
rbac.authorization.k8s.io/v1 ClusterRole clusterroles cluster
rbac.authorization.k8s.io/v1 ClusterRoleBinding clusterrolebindings cluster
rbac.authorization.k8s.io/v1 Role roles
rbac.authorization.k8s.io/v1 RoleBinding rolebindings
scheduling.k8s.io/v1 PriorityClass priorityclasses cluster
storage.k8s.io/v1 StorageClass storageclasses cluster
"""

REVIEWS: Final = Kind(
    group="authorization.k8s.io",
    version="v1",
    kind="SelfSubjectAccessReview",
    plural="selfsubjectaccessreviews",
    namespaced=False,
)


def split_api_version(api_version: str) -> tuple[str, str]:
    """Return group and version."""
    group, separator, version = api_version.partition("/")
    return (group, version) if separator else ("", group)


class Kinds:
    """The kinds served now, in the order of discovery."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], Kind] = {}
        for line in _BUILT_IN.strip().splitlines():
            api_version, kind, plural, *scope = line.split()
            group, version = split_api_version(api_version)
            self.serve(Kind(group=group, version=version, kind=kind, plural=plural, namespaced=not scope))

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds.values())

    def serve(self, kind: Kind) -> None:
        """Serve a kind, in place of the one with this group and kind."""
        self._kinds[kind.group, kind.kind] = kind

    def stop(self, group: str, kind: str) -> Kind | None:
        """Serve a kind no longer; return what it was."""
        return self._kinds.pop((group, kind), None)

    def named(self, api_version: str, kind: str) -> Kind:
        """Return a served kind, or say what must be done first."""
        group, version = split_api_version(api_version)
        found = self._kinds.get((group, kind))
        if found is None or found.version != version:
            raise ValueError(f"{kind} in {api_version} is not served here; call serve_kind first")
        return found

    def of_path(self, group: str, version: str, plural: str) -> Kind | None:
        """Return the kind behind a path."""
        for kind in self:
            if (kind.group, kind.version, kind.plural) == (group, version, plural):
                return kind
        return None

    def versions(self) -> dict[str, list[str]]:
        """Return the versions of each group but the core one, preferred version first."""
        found: dict[str, list[str]] = {}
        for kind in (*self, REVIEWS):
            if kind.group and kind.version not in found.setdefault(kind.group, []):
                found[kind.group].append(kind.version)
        return found
