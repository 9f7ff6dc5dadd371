"""What the organisation has at the end of a run, against what was declared: there once, and as declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.sandbox.rewriting import form
from tests.torture import observed
from tests.torture.checks import Broken
from tests.torture.excuses import Excuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.torture.reckoning import Reckoning

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Configured:
    """The judgement of configuration, within that of the whole."""

    whole: Reckoning

    def judge(self) -> None:
        """What the organisation has is there once, as declared."""
        kept = form(self.whole.scene.behaviour)
        for kind, where, name in (
            ("Severity", "/v1/severities", "severities"),
            ("IncidentStatus", "/v1/incident_statuses", "incident_statuses"),
            ("IncidentRole", "/v2/incident_roles", "incident_roles"),
            ("CustomField", "/v2/custom_fields", "custom_fields"),
        ):
            listed = self.whole.run.account.get(where)[name]
            for one in self.whole.scene.of(kind):
                self._configured(kind, one, [live for live in listed if live["name"] == kept.name(one["spec"]["name"])])

    def _configured(self, kind: str, one: Json, there: list[Json]) -> None:
        path = f"{kind}/{one['metadata']['name']}"
        if path in self.whole.refused:
            self.whole.excuse(Excuse.REFUSED)
            return
        if len(there) != 1:
            raise Broken(f"{path} is there {len(there)} times", there)
        kept = form(self.whole.scene.behaviour)
        for field in ("description", "rank", "instructions"):
            if field in one["spec"]:
                wanted = one["spec"][field]
                wanted = kept.prose(observed.plain(wanted)) if isinstance(wanted, str) else wanted
                if there[0].get(field, "") != wanted:
                    self._unconfigured(path, kind, field, there[0].get(field), wanted)
        if "options" in one["spec"]:
            values = [option["value"] for option in self._options(there[0]["id"])]
            for option in one["spec"]["options"]:
                if values.count(option) != 1:
                    raise Broken(f"{path}: option {option!r} is there {values.count(option)} times", values)

    def _unconfigured(self, path: str, kind: str, field: str, shown: Any, wanted: Any) -> None:
        if (
            self.whole.scene.policy(kind, field) == "keep"
            and self.whole.run.losses
            and "kept" in self.whole.notices[path]
        ):
            self.whole.excuse(Excuse.UNRECORDED)
            return
        raise Broken(f"{path}: {field} is {shown!r}, the manifest says {wanted!r}")

    def _options(self, identifier: str) -> Iterator[Json]:
        yield from self.whole.run.account.listed(
            f"/v1/custom_field_options?custom_field_id={identifier}", "custom_field_options"
        )
