"""What was measured, on paper: charts, tables, methods, and the source report's claims beside our figures."""
