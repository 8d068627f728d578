"""What pods refer to: the keys of ConfigMaps (never their values), and pull secrets by name."""

from bot.adapters.kubernetes.questions.fields import Json, items, mapping, name_of, text
from bot.adapters.kubernetes.questions.templates import pod_spec
from bot.core.inquiry import Answered


def config_keys(config: Json) -> Answered:
    """The keys of a ConfigMap."""
    keys = tuple(sorted({*mapping(config, "data"), *mapping(config, "binaryData")}))
    return Answered(value=keys, saw=f"ConfigMap {name_of(config)} has the keys {', '.join(keys) or 'none'}")


def account_of(obj: Json) -> str:
    """The ServiceAccount of a pod template; `default` where it names none."""
    spec = pod_spec(obj) or {}
    return text(spec, "serviceAccountName") or text(spec, "serviceAccount") or "default"


def pull_secrets(obj: Json, account: Json | None) -> Answered:
    """Names of a template's pull secrets; of its ServiceAccount's where the template has none, as admission does."""
    spec = pod_spec(obj)
    if spec is None:
        return Answered(value=None, saw="it has no pod template")
    own = _names(spec)
    if own:
        return Answered(value=own, saw=f"pull secrets of the pod template: {', '.join(own)}")
    name = account_of(obj)
    if account is None:
        return Answered(value=(), saw=f"the pod template has no pull secret, and there is no ServiceAccount {name}")
    given = _names(account)
    saw = f"the pod template has no pull secret; its ServiceAccount {name} gives {', '.join(given) or 'none either'}"
    return Answered(value=given, saw=saw)


def _names(holder: Json) -> tuple[str, ...]:
    return tuple(text(item, "name") for item in items(holder, "imagePullSecrets") if text(item, "name"))
