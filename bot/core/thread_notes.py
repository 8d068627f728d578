"""What a thread tells when its incident moves on: over, back again, or explained by something else. Pure."""

from bot.core.cards import Note, Tone, phrase
from bot.core.incidents import Effect

NOT_SEEN_AGAIN = "not seen again"


def thread_note(effect: Effect) -> Note:
    """The message for a queued note. A report that nothing contradicted is closed, never called resolved."""
    values = dict(effect.values)
    match effect.note:
        case "resolved" if values.get("why") == NOT_SEEN_AGAIN:
            return Note(
                headline=phrase("**Closed: not seen again.** Nothing confirmed that it is mended; it only went quiet.")
            )
        case "resolved":
            why = values.get("why", "")
            because = (phrase("{{why}}", why=f"{why[:1].upper()}{why[1:]}."),) if why else ()
            return Note(headline=phrase("**Resolved.**"), lines=because, tone=Tone.PRIMARY)
        case "returned":
            return Note(
                headline=phrase("**It is back.** The same failure as before, so the same thread."), tone=Tone.DANGER
            )
        case "root":
            found, symptom = values.get("root", ""), values.get("symptom", "")
            was = (
                f"What this thread began with (`{symptom}`) follows from it." if symptom else "It explains this thread."
            )
            return Note(headline=phrase("**The cause was found:** `{{root}}`.", root=found), lines=(phrase(was),))
        case "acknowledged":
            return Note(headline=phrase("**Acknowledged** by {{who}}.", who=values.get("who", "somebody")))
        case "not-fixed":
            return Note(
                headline=phrase("**Not mended**: {{minutes}} min after the action it is still there.", **values),
                lines=(phrase("Still said: {{said}}", said=values.get("said", "")),),
                tone=Tone.DANGER,
            )
        case "instead":
            root, was = values.get("root", ""), values.get("was", "")
            return Note(
                headline=phrase("**Another cause:** `{{root}}`, not `{{was}}`.", root=root, was=was),
                lines=(phrase("Ruled out by: {{seen}}", seen=values.get("seen", "")),),
            )
        case _:
            return Note(headline=phrase("{{what}}", what=effect.note))
