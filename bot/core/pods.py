"""The Pods that are known: by uid, by name while they live, and by the claims their specs name."""

from collections.abc import Iterator

from bot.core.signals import ObjectRef
from bot.core.states import PodState


class Pods:
    """The newest reading of each Pod of every cluster. One that is being deleted is known, but doesn't live."""

    def __init__(self) -> None:
        self._by_uid: dict[str, PodState] = {}
        self._living: dict[tuple[str, ObjectRef], str] = {}
        self._claiming: dict[tuple[str, str, str], dict[str, None]] = {}

    def put(self, pod: PodState) -> PodState | None:
        """Keep a reading; returns the one before it."""
        before = self._by_uid.get(pod.uid)
        if before is not None:
            self._unindex(before)
        self._by_uid[pod.uid] = pod
        if not pod.deleting:
            self._living[(pod.cluster, pod.object)] = pod.uid
            for claim in pod.claims:
                self._claiming.setdefault((pod.cluster, pod.object.namespace, claim), {})[pod.uid] = None
        return before

    def drop(self, uid: str) -> PodState | None:
        """Forget a Pod that was deleted; returns its last reading."""
        pod = self._by_uid.pop(uid, None)
        if pod is not None:
            self._unindex(pod)
        return pod

    def living(self, cluster: str, ref: ObjectRef) -> PodState | None:
        """The Pod of this name that isn't being deleted."""
        return self._by_uid.get(self._living.get((cluster, ref), ""))

    def claiming(self, cluster: str, claim: ObjectRef) -> PodState | None:
        """A living Pod whose spec names this PersistentVolumeClaim."""
        uid = next(iter(self._claiming.get((cluster, claim.namespace, claim.name), ())), "")
        return self._by_uid.get(uid)

    def of(self, cluster: str) -> Iterator[PodState]:
        """Every known Pod of a cluster; the caller may drop them meanwhile."""
        return iter([pod for pod in self._by_uid.values() if pod.cluster == cluster])

    def _unindex(self, pod: PodState) -> None:
        if self._living.get((pod.cluster, pod.object)) == pod.uid:
            del self._living[(pod.cluster, pod.object)]
        for claim in pod.claims:
            key = (pod.cluster, pod.object.namespace, claim)
            uids = self._claiming.get(key, {})
            uids.pop(pod.uid, None)
            if not uids:
                self._claiming.pop(key, None)
