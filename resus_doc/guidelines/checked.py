"""Rules that a person compared with the document itself: kept in the user's data folder, never in the shipped profiles.

A check belongs to the rule as it stood then: a rule whose wording or limit changed since counts as unchecked again.
"""

import hashlib
import json
from pathlib import Path

from resus_doc.errors import ResourceMissing, UsageError
from resus_doc.guidelines.profile import Profile, Rule, load

FILE = "checked-rules.json"


def record(rule_id: str, name: str, folder: Path) -> None:
    """Note that `name` compared the rule `<profile>.<rule>` with its document.

    Raises:
        UsageError: there is no such rule, no name, or no document that the rule could be compared with.
        ResourceMissing: the data folder cannot be used.
    """
    profile_id, _, key = rule_id.partition(".")
    profile = load(profile_id)
    rule = next((rule for rule in profile.rules if rule.id == key), None)
    if rule is None:
        raise UsageError(f"There is no rule '{rule_id}'.", f"`resus-doc guidelines show {profile_id}` lists the rules.")
    if profile.kind == "quality_metric":
        raise UsageError(f"'{rule_id}' is a quality metric.", "No document states it, so there is nothing to compare.")
    if not name.strip():
        raise UsageError("Nobody is named.", "Say who compared the rule with the document: --by NAME.")
    noted = {**_read(folder), rule_id: {"by": name.strip()[:100], "rule": _digest(profile, rule)}}
    fresh = folder / f"{FILE}.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(noted, indent=1, ensure_ascii=False), encoding="utf-8")
        fresh.replace(folder / FILE)
    except OSError as error:
        raise ResourceMissing(
            f"{fresh} cannot be written ({error}).", "Free some space or set RESUS_DOC_DATA."
        ) from error


def apply(profile: Profile, folder: Path) -> tuple[Profile, dict[str, str]]:
    """The profile with the checked rules marked verified, and who checked each of them."""
    noted = _read(folder)
    checked = {
        rule.id: noted[profile.rule_id(rule)]["by"]
        for rule in profile.rules
        if noted.get(profile.rule_id(rule), {}).get("rule") == _digest(profile, rule)
    }
    rules = tuple(rule.model_copy(update={"verified": True}) if rule.id in checked else rule for rule in profile.rules)
    return profile.model_copy(update={"rules": rules}), {f"{profile.id}.{key}": by for key, by in checked.items()}


def _digest(profile: Profile, rule: Rule) -> str:
    texts = [rule.model_dump_json(), *(profile.passages[key].model_dump_json() for key in rule.passages)]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _read(folder: Path) -> dict[str, dict[str, str]]:
    path = folder / FILE
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return {str(key): {"by": str(note["by"]), "rule": str(note["rule"])} for key, note in held.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError, KeyError) as error:
        raise ResourceMissing(f"{path} cannot be read ({error}).", "Mend that file, or move it away.") from error
