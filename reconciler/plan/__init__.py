"""Stage 6: Changes → an order that works: what others need first, and no two objects in one place at a time. Pure.

`withheld` leaves out first what no run could bring to an end, `exchange` lets objects change places, `ordering` puts
each change behind all that it needs.
"""

from reconciler.plan.ordering import order
from reconciler.plan.withheld import leave_out

__all__ = ["leave_out", "order"]
