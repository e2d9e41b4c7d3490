"""What is measured apart from tests: figures for people, not verdicts for a build."""
