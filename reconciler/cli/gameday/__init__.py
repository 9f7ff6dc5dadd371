"""`reconciler gameday`: scripted incidents, played on a clock, and how people answered."""
