"""The torture run: real processes, killed and lied to at random, beside people who go on working; then a reckoning.

One run: `generate` makes manifests and an account, `authors` and `people` change both, `violence` says what goes wrong
meanwhile, `account` serves the sandbox and springs the traps, `memory` is what lies between two applies, in a folder or
in a `bucket` that fails and that `machines` take `turns` at, `process` is one apply, and `checks` holds what is left to
the promises. `run` tells it as a story. `python -m tests.torture --runs 40 --seed 7`.
"""
