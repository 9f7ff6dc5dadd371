"""Incident response as code for incident.io: files → what should be → what is → a plan → what became of it.

Read `reconcile` first: it is the whole story on one page. Then the stages, in the order in which they run:

=================  ==========================================================================================
`manifest`         1  files → manifests; with `documents` (YAML that knows its lines), `includes`, `variables`
`validate`         2  manifests x schemas → problems at their places; `explain` finds the words
`desired`          3  manifests → what should be; `names` tells what names mean, `selection` which ones count
`live`             4  the API → what is there; `identity` tells which object is which, `alike` what is one
`diff`             5  desired x live x last applied → what to do with a resource; `comparing` does so with all
`plan`             6  changes → an order that works; `assemble` tells it, `guards` may refuse it
`apply`            7  plan → outcomes; `sending` does one change, and finds out what a lost answer made
=================  ==========================================================================================

The nouns are in `model`, what can go wrong in `errors`. A kind of resource is a table in `kinds`; `state` is what
is remembered, `api` how the account is reached, `render` what people see, `cli` what they type, `sandbox` an account
to try everything on, and `testing` gives one to each of other people's tests.
"""

__version__ = "0.1.0"
