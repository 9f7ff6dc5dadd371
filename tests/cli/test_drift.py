"""`reconciler drift`, `--on-drift`, and who changed what, as people type and read them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.identity import idempotency_key
from reconciler.model import Key
from tests.cli.shell import WORKSPACE
from tests.core.told import timeless
from tests.world import ACME, World

if TYPE_CHECKING:
    from tests.cli.shell import Ended, Shell

MANIFEST = """\
apiVersion: reconciler/v1
kind: Incident
metadata: {name: slow}
spec:
  name: Checkout slow
  mode: test
  severity: Minor
  status: Fixing
  summary: SUMMARY
  timeline:
    - {id: deploy, at: 2026-11-20T09:05:00Z, title: Deploy 4821}
    - {id: rollback, at: 2026-11-20T09:15:00Z, title: Rollback}
"""
FIELD = """\
apiVersion: reconciler/v1
kind: CustomField
metadata: {name: reconciler-key}
spec: {name: Reconciler key, description: Whose it is, type: text}
"""
LOGS = "/v2/incident_activity_log_entries"
ITEMS = "/v2/incident_timeline_items"


@pytest.fixture
def world(shell: Shell) -> World:
    """Apply one incident in the sandbox of the folder, and give what people do there."""
    shell.write("reconciler.yaml", WORKSPACE)
    shell.write("incidents/slow.yaml", MANIFEST.replace("SUMMARY", "Slow"))
    world = World(shell.folder)
    world.settle()
    return world


def incident(world: World) -> str:
    """Return the ID of the only incident."""
    return str(world.incidents()[0]["id"])


def move(world: World, status: str = "Monitoring", **fields: Any) -> None:
    """Let Bob change the incident."""
    world.edit(incident(world), incident_status_id=world.status(status), **fields)


def items(world: World) -> dict[str, str]:
    """Return the IDs of the timeline items, by title."""
    found = world.ask("GET", f"{ITEMS}?incident_id={incident(world)}")["incident_timeline_items"]
    return {one["title"]: one["id"] for one in found}


def held(world: World) -> dict[str, bytes]:
    """Return all files of the state, without the account's own."""
    folder = world.workspace.state.parent
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("data.db"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def asked(world: World, path: str, since: int) -> int:
    """Return how often something was asked for after so many requests."""
    return sum(one["path"] == path for one in world.requests()[since:])


def report(shell: Shell, *flags: str, code: int = 2) -> dict[str, Any]:
    """Return what `drift` tells programs."""
    ended = shell.run("drift", "--sandbox", "--format", "json", *flags)
    assert (ended.code, ended.stderr) == (code, ""), ended
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def fields(told: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Return what changed of the only resource: what was left, what is live, what becomes of it, who did it."""
    (one,) = told["resources"]
    return {
        each["key"].removeprefix("Incident/slow").lstrip("/") + f" {each['path']}": (
            each["left"],
            each["live"],
            each["fate"],
            (each["moved_by"] or {}).get("name"),
        )
        for each in one["fields"]
    }


def without_times(ended: Ended) -> str:
    """Return what stood on stdout."""
    return timeless(ended.stdout)


class TestDrift:
    """Only what changed outside since our last apply."""

    def test_nothing_changed(self, shell: Shell, world: World) -> None:
        """Exit code 0, and nothing but the count; what only the manifest changed is none."""
        shell.write("incidents/slow.yaml", MANIFEST.replace("SUMMARY", "What we know by now"))
        ended = shell.run("drift", "--sandbox")

        assert ended.code == 0
        assert ended.stdout.endswith(": 1 file, 1 resource\n\nDrift: none.\n")
        assert asked(world, LOGS, 0) == 0

    def test_what_people_changed_is_told_with_what_becomes_of_it(self, shell: Shell, world: World) -> None:
        """What we left, what is live, who changed it, and what the next apply does."""
        move(world, summary="Theirs")
        ended = shell.run("drift", "--sandbox")

        assert ended.code == 2
        told = without_times(ended)
        assert "status     Fixing -> Monitoring  (Bob Baker; kept)\n" in told
        assert "summary    Slow -> Theirs  (Bob Baker; will be overwritten)\n" in told
        assert told.endswith("Drift: 2 fields of 1 resource (1 overwritten, 1 kept).\n")

    @pytest.mark.parametrize(("text", "becomes"), [("", "overwritten"), ("somebody-else", "refused")])
    def test_a_key_that_people_touched_is_told(self, shell: Shell, world: World, text: str, becomes: str) -> None:
        """The key that an incident carries (`identity_field`), emptied or overwritten: who did it, and what then."""
        shell.write("reconciler.yaml", ACME % "manifests: [incidents], identity_field: Reconciler key")
        shell.write("incidents/field.yaml", FIELD)
        world.settle()
        field = world.listed("/v2/custom_fields", "custom_fields")["Reconciler key"]["id"]
        entry = {"custom_field_id": field, "values": [{"value_text": text}] if text else []}
        world.edit(incident(world), custom_field_entries=[entry])

        told = fields(report(shell))

        key = idempotency_key("acme", Key("Incident", "slow"))
        assert told == {" custom_fields.Reconciler key": (key, text or None, becomes, "Bob Baker")}

    def test_both_sides_tell_what_the_manifest_says(self, shell: Shell, world: World) -> None:
        """Its name, not its ID, also for what was left and is in no manifest any more."""
        move(world)
        shell.write("incidents/slow.yaml", MANIFEST.replace("status: Fixing", "status: Investigating"))
        ended = shell.run("drift", "--sandbox")

        assert "status     Bob Baker; will be refused; the manifest says Investigating\n" in without_times(ended)
        assert "      - Fixing\n      + Monitoring\n" in ended.stdout

    def test_json_has_every_part_for_itself(self, shell: Shell, world: World) -> None:
        """With the time in full."""
        move(world, summary="Theirs")
        told = report(shell)

        assert fields(told) == {
            " summary": ("Slow", "Theirs", "overwritten", "Bob Baker"),
            " status": ("Fixing", "Monitoring", "kept", "Bob Baker"),
        }
        assert told["summary"] == {
            "recorded": 1,
            "undeclared": 0,
            "fields": 2,
            "resources": 1,
            "refused": 0,
            "kept": 1,
            "overwritten": 1,
            "finished": 0,
            "paused": 0,
            "out_of_sight": 0,
            "not_judged": 0,
        }
        moved = told["resources"][0]["fields"][0]["moved_by"]
        assert moved["kind"] == "user"
        assert moved["at"].endswith("Z")

    def test_a_run_may_look_under_another_policy(self, shell: Shell, world: World) -> None:
        """What the next apply would do then; that people did it stays drift."""
        move(world, summary="Theirs")

        for policy, fate in (("overwrite", "overwritten"), ("keep", "kept"), ("fail", "refused")):
            told = report(shell, "--on-drift", policy)
            assert {each[2] for each in fields(told).values()} == {fate}

    def test_timeline_items_that_people_changed_or_deleted(self, shell: Shell, world: World) -> None:
        """Also where no item changed in the manifest: a plan does not look then."""
        found = items(world)
        world.ask("PATCH", f"{ITEMS}/{found['Deploy 4821']}", {"title": "Theirs"}, person="bob@example.com")
        # Only the dashboard deletes items; what was one is not listed any more.
        state = world.workspace.state
        state.write_text(state.read_text().replace(found["Rollback"], "01JGONE0000000000000000000"))

        assert fields(report(shell)) == {
            "timeline/deploy title": ("Deploy 4821", "Theirs", "kept", None),
            "timeline/rollback None": ("Rollback", None, "kept", None),
        }
        assert "Rollback -> (not set)  (deleted; kept)" in shell.run("drift", "--sandbox").stdout
        assert shell.run("plan", "--sandbox", "--detailed-exitcode").code == 0

    def test_a_timeline_item_is_told_as_the_next_apply_leaves_it(self, shell: Shell, world: World) -> None:
        """An apply looks at timeline items where one changed in the manifest, or where it is asked to settle drift."""
        retitle = {"title": "Theirs"}
        world.ask("PATCH", f"{ITEMS}/{items(world)['Deploy 4821']}", retitle, person="bob@example.com")
        left = "left until its item changes in the manifest, or `apply --on-drift overwrite`"
        assert left in " ".join(shell.run("drift", "--sandbox").stdout.split())
        assert shell.run("apply", "--sandbox", "--auto-approve").code == 0
        assert set(items(world)) == {"Theirs", "Rollback"}

        for policy, fate in (("overwrite", "overwritten"), ("keep", "kept"), ("fail", "refused")):
            assert [each[2] for each in fields(report(shell, "--on-drift", policy)).values()] == [fate]
        refused = shell.run("apply", "--sandbox", "--auto-approve", "--on-drift", "fail")
        assert (refused.code, "timeline deploy title drifted" in refused.stdout) == (4, True)
        kept = shell.run("apply", "--sandbox", "--auto-approve", "--on-drift", "keep")
        assert (kept.code, set(items(world))) == (0, {"Theirs", "Rollback"})

        assert shell.run("plan", "--sandbox", "--on-drift", "overwrite", "--out", "saved.plan").code == 0
        assert shell.run("apply", "--sandbox", "--auto-approve", "--plan", "saved.plan").code == 0
        assert set(items(world)) == {"Deploy 4821", "Rollback"}
        assert shell.run("drift", "--sandbox").code == 0

    def test_a_timeline_item_is_put_back_beside_one_that_the_manifest_changed(self, shell: Shell, world: World) -> None:
        """Then an apply looks at all of the incident's, and the report says so."""
        retitle = {"title": "Theirs"}
        world.ask("PATCH", f"{ITEMS}/{items(world)['Deploy 4821']}", retitle, person="bob@example.com")
        shell.write(
            "incidents/slow.yaml", MANIFEST.replace("title: Rollback", "title: Back").replace("SUMMARY", "Slow")
        )

        assert fields(report(shell)) == {"timeline/deploy title": ("Deploy 4821", "Theirs", "overwritten", None)}
        world.settle()
        assert set(items(world)) == {"Deploy 4821", "Back"}

    def test_an_incident_that_others_finished(self, shell: Shell, world: World) -> None:
        """With the two ways on."""
        move(world, "Closed")
        ended = shell.run("drift", "--sandbox")

        assert ended.code == 2
        assert "Fixing -> Closed  (Bob Baker; finished, kept)" in without_times(ended)
        assert "hint: write `status: Closed` to agree, or raise `metadata.generation`" in ended.stdout
        assert report(shell)["summary"]["finished"] == 1

    def test_an_incident_that_others_paused(self, shell: Shell, world: World) -> None:
        """It is not finished, and nothing advises to declare another one: on the terminal, for programs, in a page."""
        move(world, "Paused")
        ended = shell.run("drift", "--sandbox")

        assert ended.code == 2
        assert "Fixing -> Paused  (Bob Baker; paused, kept)" in without_times(ended)
        assert "hint: it is left so until people resume it; or write `status: Paused` to agree\n" in ended.stdout
        told = report(shell)
        assert (told["summary"]["finished"], told["summary"]["paused"]) == (0, 1)
        (one,) = told["resources"]
        assert (one["finished"], one["paused"]) == (False, True)
        assert one["hint"].startswith("it is left so until people resume it")
        for form in ("text", "markdown", "html"):
            shown = shell.run("plan", "--sandbox", "--format", form).stdout
            assert "Paused" in shown
            assert "paused by Bob Baker" in shown
            assert "finished" not in shown.lower().replace("<td>finished", "").replace("| finished", "")
            assert "generation" not in shown

    def test_an_incident_that_went_out_of_sight(self, shell: Shell, world: World) -> None:
        """Private to another key is as good as gone."""
        state = world.workspace.state
        state.write_text(state.read_text().replace(incident(world), "01JGONE0000000000000000000"))
        ended = shell.run("drift", "--sandbox")

        assert ended.code == 2
        assert ended.stdout.endswith("Drift: 1 resource out of sight.\n")
        assert "hint: if it is gone for good: `reconciler state rm Incident/slow --sandbox`" in ended.stdout
        assert report(shell)["out_of_sight"][0]["key"] == "Incident/slow"

    @pytest.mark.parametrize(
        ("metadata", "told"),
        [
            ("not: [INC-1]", "it is managed as what `not` says that it is not: INC-1 (Bobbed, "),
            ('generation: "2"', "its earlier generation is INC-1, which is not finished: Monitoring"),
            ('generation: "2", id: INC-1', "`id:` names INC-1, which is generation 1 of it"),
        ],
    )
    def test_what_was_not_judged_is_no_quiet_one(self, shell: Shell, world: World, metadata: str, told: str) -> None:
        """Nobody can say which incident it is: told in every format, and never as if nothing had changed."""
        move(world, name="Bobbed", summary="By Bob")
        shell.write("incidents/slow.yaml", MANIFEST.replace("name: slow", f"name: slow, {metadata}"))

        ended = shell.run("drift", "--sandbox")

        assert ended.code == 2
        assert told in ended.stdout
        assert ended.stdout.endswith("Drift: 1 resource not judged.\n")
        (one,) = report(shell)["not_judged"]
        assert one["key"] == "Incident/slow"
        assert one["message"].startswith(told)
        assert report(shell)["summary"]["not_judged"] == 1
        for form in ("markdown", "html"):
            page = shell.run("drift", "--sandbox", "--format", form)
            assert page.code == 2
            assert "1 resource not judged" in page.stdout
            assert "Incident/slow" in page.stdout

    def test_configuration_drifts_as_well(self, shell: Shell, world: World) -> None:
        """It has no activity log, so nobody is named; a deleted object is out of sight."""
        head = "apiVersion: reconciler/v1\nkind: Severity\nmetadata: {name: %s}\nspec: {name: %s, description: Ours}\n"
        shell.write("incidents/a.yaml", head % ("sev", "Sev") + "---\n" + head % ("gone", "Gone"))
        world.settle()
        listed = world.listed("/v1/severities", "severities")
        body = {"name": "Sev", "description": "Theirs"}
        world.ask("PUT", f"/v1/severities/{listed['Sev']['id']}", body, person="bob@example.com")
        world.ask("DELETE", f"/v1/severities/{listed['Gone']['id']}", person="bob@example.com")

        told = report(shell)
        (one,) = told["resources"]
        (field,) = one["fields"]
        assert (one["key"], field["path"], field["left"], field["live"]) == (
            "Severity/sev",
            "description",
            "Ours",
            "Theirs",
        )
        assert field["moved_by"] is None
        assert [each["key"] for each in told["out_of_sight"]] == ["Severity/gone"]

    def test_options_that_people_changed(self, shell: Shell, world: World) -> None:
        """Renamed and deleted ones of a custom field."""
        shell.write(
            "incidents/field.yaml",
            "apiVersion: reconciler/v1\nkind: CustomField\nmetadata: {name: radius}\n"
            "spec: {name: Radius, description: Who, type: single_select, options: [One, Two, Three]}\n",
        )
        world.settle()
        field = world.listed("/v2/custom_fields", "custom_fields")["Radius"]["id"]
        path = "/v1/custom_field_options"
        listed = world.ask("GET", f"{path}?custom_field_id={field}&page_size=250")["custom_field_options"]
        ids = {one["value"]: one for one in listed}
        world.ask("PUT", f"{path}/{ids['One']['id']}", {"value": "Uno", "sort_key": ids["One"]["sort_key"]})
        world.ask("DELETE", f"{path}/{ids['Two']['id']}")

        told = {each["key"]: each["fate"] for each in report(shell)["resources"][0]["fields"]}
        assert told == {
            "CustomField/radius/option/One": "overwritten",
            "CustomField/radius/option/Two": "overwritten",
        }
        world.settle()
        assert report(shell, code=0)["resources"] == []

    def test_without_a_state_nothing_can_be_told(self, shell: Shell, world: World) -> None:
        """It says so, and that is no drift; nothing is asked of the account."""
        move(world)
        before = len(world.requests())
        world.lose_state()
        ended = shell.run("drift", "--sandbox")

        assert ended.code == 0
        assert "Nothing is recorded yet, so no drift can be told" in ended.stdout
        assert len(world.requests()) == before
        assert report(shell, code=0)["summary"]["recorded"] == 0
        assert "Nothing is recorded yet" in shell.run("drift", "--sandbox", "--format", "markdown").stdout

    def test_a_renamed_manifest_has_the_memory_of_its_old_name(self, shell: Shell, world: World) -> None:
        """`was:` says who it is before an apply has noted it."""
        world.edit(incident(world), name="Theirs")
        renamed = MANIFEST.replace("{name: slow}", "{name: fast, was: slow}").replace("SUMMARY", "Slow")
        shell.write("incidents/slow.yaml", renamed)
        told = report(shell)

        assert [one["key"] for one in told["resources"]] == ["Incident/fast"]
        assert [(one["left"], one["live"]) for one in told["resources"][0]["fields"]] == [("Checkout slow", "Theirs")]
        assert told["summary"]["recorded"] == 1

    def test_what_has_no_manifest_any_more_is_told_too(self, shell: Shell, world: World) -> None:
        """It is managed until it is pruned: what people did to it is told, also where nothing else is recorded."""
        other = MANIFEST.replace("{name: slow}", "{name: other}").replace("Checkout slow", "Another")
        shell.write("incidents/other.yaml", other)
        (shell.folder / "incidents/slow.yaml").unlink()
        assert report(shell, code=0)["summary"]["undeclared"] == 1
        move(world, summary="Theirs")

        assert fields(report(shell)) == {
            " summary": ("Slow", "Theirs", "kept", "Bob Baker"),
            " status": ("Fixing", "Monitoring", "kept", "Bob Baker"),
        }
        shown = without_times(shell.run("drift", "--sandbox"))
        assert "status     Bob Baker; kept; no manifest declares it any more\n      - Fixing\n" in shown
        assert "1 resource was never applied" in shown
        selected = shell.run("drift", "--sandbox", "--select", "name=other")
        assert "Nothing is recorded of what was selected" in selected.stdout
        assert "the state has 1 other resource" in selected.stdout

    def test_what_has_no_manifest_and_went_out_of_sight_is_told_too(self, shell: Shell, world: World) -> None:
        """Deleted, or private to another key."""
        shell.write("incidents/other.yaml", MANIFEST.replace("{name: slow}", "{name: other}").replace("kout", "k out"))
        (shell.folder / "incidents/slow.yaml").unlink()
        state = world.workspace.state
        state.write_text(state.read_text().replace(incident(world), "01JGONE0000000000000000000"))

        assert [one["key"] for one in report(shell)["out_of_sight"]] == ["Incident/slow"]

    def test_a_selection_that_takes_nothing_is_no_answer(self, shell: Shell, world: World) -> None:
        """Exit code 3 with the term, for every command that takes some."""
        move(world)
        for command in (["drift", "--sandbox"], ["plan", "--sandbox"], ["apply", "--sandbox"], ["validate"]):
            ended = shell.run(*command, "--select", "name=slwo")
            assert (ended.code, "`--select name=slwo`; did you mean `name=slow`?" in ended.stderr) == (3, True), ended

    def test_it_only_reads_and_writes_nothing(self, shell: Shell, world: World) -> None:
        """GET alone, with a read-only key, and no file changes."""
        move(world, summary="Theirs")
        before, kept = len(world.requests()), held(world)
        report(shell)

        assert {one["method"] for one in world.requests()[before:]} == {"GET"}
        assert held(world) == kept

    def test_markdown_is_for_a_nightly_run(self, shell: Shell, world: World) -> None:
        """In a fence, so that no text is markup."""
        move(world, summary="**Theirs** <b>")
        ended = shell.run("drift", "--sandbox", "--format", "markdown")

        assert ended.code == 2
        assert ended.stdout.startswith("## reconciler drift: acme\n\n**Drift: 2 fields of 1 resource")
        assert "```diff\n~ Incident/slow  INC-" in ended.stdout

    def test_html_is_a_page_of_its_own(self, shell: Shell, world: World) -> None:
        """For whoever the nightly run mails it to."""
        move(world, summary="<b>Theirs</b>")
        ended = shell.run("drift", "--sandbox", "--format", "html")

        assert ended.code == 2
        assert "<h1>Drift of acme</h1>" in ended.stdout
        assert "&lt;b&gt;Theirs" in ended.stdout

    def test_texts_of_private_incidents_stay_out_of_logs(self, shell: Shell) -> None:
        """Neither what was left, nor what is live, nor what the manifest says."""
        shell.write("reconciler.yaml", WORKSPACE)
        text = MANIFEST.replace("mode: test", "mode: test\n  visibility: private")
        shell.write("incidents/slow.yaml", text.replace("SUMMARY", "Our secret"))
        world = World(shell.folder)
        world.settle()
        world.edit(incident(world), summary="Their secret")

        for form in ("text", "json", "markdown"):
            ended = shell.run("drift", "--sandbox", "--format", form)
            assert ended.code == 2
            assert "secret" not in ended.stdout
            kept = shell.run("plan", "--sandbox", "--format", form, "--on-drift", "keep")
            assert "secret" not in kept.stdout
        assert "Their secret" in shell.run("drift", "--sandbox", "--show-private").stdout

    def test_bad_manifests_end_it_as_they_end_a_plan(self, shell: Shell) -> None:
        """Before anything is read."""
        shell.write("reconciler.yaml", WORKSPACE)
        shell.write("incidents/slow.yaml", "kind: Nonsense\n")

        assert shell.run("drift", "--sandbox").code == 3


class TestWhoMovedWhat:
    """A plan names who changed what outside, with few requests, and decides the same without."""

    def test_each_cause_names_who_did_it(self, shell: Shell, world: World) -> None:
        """What is overwritten and what is kept."""
        move(world, summary="Theirs")
        told = without_times(shell.run("plan", "--sandbox"))

        assert "summary    Theirs -> Slow  (drifted: Bob Baker)\n" in told
        assert "    status     Monitoring kept (Bob Baker); the manifest says Fixing\n" in told

    def test_a_finished_incident_names_who_finished_it(self, shell: Shell, world: World) -> None:
        """With the day and the time, in UTC."""
        move(world, "Closed")
        told = json.loads(shell.run("plan", "--sandbox", "--format", "json").stdout)

        (notice,) = told["notices"]
        assert timeless(notice["message"]) == "closed by Bob Baker; the manifest says Fixing"
        assert (notice["cause"], notice["moved_by"]["name"], notice["moved_by"]["kind"]) == (
            "drifted",
            "Bob Baker",
            "user",
        )

    def test_a_refusal_names_who_is_to_be_asked(self, shell: Shell, world: World) -> None:
        """In words, and for programs field by field."""
        move(world)
        ended = shell.run("plan", "--sandbox", "--format", "json", "--on-drift", "fail")

        assert ended.code == 4
        (refusal,) = json.loads(ended.stdout)["refusals"]
        assert timeless(refusal["message"]) == "status (Bob Baker) drifted; the drift policy leaves that to a person"
        (field,) = refusal["fields"]
        assert (field["path"], field["old"], field["new"], field["cause"]) == (
            "status",
            "Monitoring",
            "Fixing",
            "drifted",
        )
        assert field["moved_by"]["name"] == "Bob Baker"

    def test_what_only_the_manifest_changed_costs_no_look(self, shell: Shell, world: World) -> None:
        """No request more than without."""
        shell.write("incidents/slow.yaml", MANIFEST.replace("SUMMARY", "What we know by now"))
        before = len(world.requests())
        told = json.loads(shell.run("plan", "--sandbox", "--format", "json").stdout)

        assert asked(world, LOGS, before) == 0
        assert told["changes"][0]["fields"][0]["moved_by"] is None

    def test_a_refusal_names_every_field_that_it_is_about(self, shell: Shell, world: World) -> None:
        """Fields of the incident and parts of its timeline alike, with a hint that settles them all."""
        shell.write("reconciler.yaml", WORKSPACE.replace("[incidents]", "[incidents], drift: {Incident: fail}"))
        move(world, summary="Theirs")
        retitle = {"title": "Theirs"}
        world.ask("PATCH", f"{ITEMS}/{items(world)['Deploy 4821']}", retitle, person="bob@example.com")
        shell.write("incidents/slow.yaml", MANIFEST.replace("4821", "4822").replace("SUMMARY", "Slow"))
        ended = shell.run("plan", "--sandbox", "--format", "json")

        (refusal,) = json.loads(ended.stdout)["refusals"]
        assert timeless(refusal["message"]) == (
            "summary (Bob Baker) and status (Bob Baker) drifted; timeline deploy title changed in the manifest and "
            "outside; the drift policy leaves that to a person"
        )
        assert refusal["hint"].startswith("write the live values of summary and status and timeline into the manifest")
        assert "`drift: {Incident: {summary: overwrite, status: overwrite, timeline: overwrite}}`" in refusal["hint"]
        done = shell.run("apply", "--sandbox", "--auto-approve", "--on-drift", "overwrite")
        assert done.code == 0
        assert shell.run("drift", "--sandbox").code == 0

    def test_a_run_may_overwrite_keep_or_fail(self, shell: Shell, world: World) -> None:
        """For this run, whatever the workspace and the kind say; apply does what plan said."""
        move(world, summary="Theirs")

        refused = shell.run("apply", "--sandbox", "--auto-approve", "--on-drift", "fail")
        kept = shell.run("apply", "--sandbox", "--auto-approve", "--on-drift", "keep")
        assert (refused.code, kept.code) == (4, 0)
        assert world.incidents()[0]["summary"] == "Theirs"

        written = shell.run("apply", "--sandbox", "--auto-approve", "--on-drift", "overwrite")
        assert written.code == 0
        assert world.incidents()[0]["summary"] == "Slow"
        assert world.incidents()[0]["incident_status"]["name"] == "Fixing"

    def test_an_updates_status_against_that_of_people(self, shell: Shell, world: World) -> None:
        """`fail` refuses, `keep` posts the message alone and says so, `overwrite` sends it."""
        shell.write("incidents/slow.yaml", MANIFEST + "  updates: [{id: one, message: On it, status: Fixing}]\n")
        world.settle()
        move(world)
        more = (
            "  updates: [{id: one, message: On it, status: Fixing}, {id: two, message: Back, status: Investigating}]\n"
        )
        shell.write("incidents/slow.yaml", MANIFEST.replace("status: Fixing", "status: Investigating") + more)

        refused = shell.run("apply", "--sandbox", "--auto-approve", "--on-drift", "fail")
        assert refused.code == 4
        assert "status was moved by Bob Baker, " in refused.stdout
        assert world.updates(incident(world)) == ["On it"]
        shown = without_times(shell.run("plan", "--sandbox", "--on-drift", "keep"))
        assert "status     Monitoring kept (Bob Baker); update `two` says Investigating" in shown
        shown = shell.run("plan", "--sandbox", "--on-drift", "overwrite").stdout
        assert "Investigating" in shown
        done = shell.run("apply", "--sandbox", "--auto-approve", "--on-drift", "keep")
        assert done.code == 0
        assert world.updates(incident(world)) == ["On it", "Back"]
        assert world.incidents()[0]["incident_status"]["name"] == "Monitoring"
