"""Measuring: what a variant costs in time and memory, side by side with the others in one run."""

from speecht5_demo.benchmark.benchmark import BenchmarkPlan, run_benchmark

__all__ = ["BenchmarkPlan", "run_benchmark"]
