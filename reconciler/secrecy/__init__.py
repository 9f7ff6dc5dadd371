"""What must not be shown in, the same without it out: secrets from everybody, private incidents from logs. Pure.

`secrets` hides API keys and passwords wherever they turn up, `leaks` finds keys in manifests; `private` takes the texts
of private incidents out of a plan, `discreet` out of what is wrong with their manifests.
"""

from reconciler.secrecy.secrets import KEY, KEY_VARIABLES, SECRET, SHORTEST_KEY, Secrets, of

__all__ = ["KEY", "KEY_VARIABLES", "SECRET", "SHORTEST_KEY", "Secrets", "of"]
