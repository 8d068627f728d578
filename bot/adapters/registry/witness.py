"""Answers the catalogue's questions to image registries, read-only (`service.investigate.Witness`)."""

from bot.adapters.registry.client import RegistryClient
from bot.adapters.registry.references import BadReference, ImageReference, image_reference
from bot.adapters.registry.refusals import DENIED
from bot.core.inquiry import Answered, Arguments
from bot.service.ports import NotFound, Refused


class RegistryWitness:
    """What registries say to someone without credentials: the bot may not read pull secrets."""

    def __init__(self, client: RegistryClient) -> None:
        self._client = client

    async def answer(self, question: str, arguments: Arguments) -> Answered:
        """What the image's registry says. `Refused` and `Unreachable` are its caller's."""
        text = str(arguments.get("image", ""))
        try:
            image = image_reference(text)
        except BadReference as error:
            raise Refused(f"{text[:200]!r} can't name an image: {error}.") from error
        match question:
            case "registry.platforms":
                return await self._platforms(image)
            case "registry.has_platform":
                return await self._has_platform(image, str(arguments.get("platform", "")))
            case "registry.tag_exists":
                return await self._tag_exists(image)
            case "registry.credentials_accepted":
                return await self._credentials_accepted(image)
            case _:
                raise Refused(f"A registry can't be asked {question}.")

    async def _platforms(self, image: ImageReference) -> Answered:
        found = await self._client.platforms(image)
        return Answered(value=found, saw=f"{image} is made for {', '.join(found) or 'no platform that is told'}")

    async def _has_platform(self, image: ImageReference, platform: str) -> Answered:
        """A variant that isn't asked for doesn't count: `linux/arm` is met by `linux/arm/v7`."""
        found = await self._client.platforms(image)
        shown = ", ".join(found) or "no platform that is told"
        if not found:
            return Answered(value=None, saw=f"{image} is made for {shown}")
        there = any(item == platform or item.startswith(f"{platform}/") for item in found)
        fields = {"platforms": ", ".join(found)}
        return Answered(value=there, saw=f"{image} is made for {shown}; wanted: {platform}", fields=fields)

    async def _tag_exists(self, image: ImageReference) -> Answered:
        try:
            digest = await self._client.digest(image)
        except NotFound as error:
            return Answered(value=False, saw=str(error))
        return Answered(value=True, saw=f"{image} is there" + (f": {digest}" if digest else ""))

    async def _credentials_accepted(self, image: ImageReference) -> Answered:
        """Without credentials only two things can be told: none are needed, or some are."""
        try:
            await self._client.digest(image)
        except NotFound as error:
            return Answered(value=None, saw=f"asked without credentials: {error}")
        except Refused as error:
            if error.reason != DENIED:
                raise
            unknown = "Whether the namespace's pull secrets are accepted isn't known: the bot may not read Secrets."
            return Answered(value=None, saw=f"asked without credentials: {error} {unknown}")
        return Answered(value=True, saw=f"{image} can be read without credentials; no pull secret is needed for it")
