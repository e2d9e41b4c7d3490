"""Blind listening tests: what is asked, in which order, of whom, and where the answers are kept.

Nothing here imports a model or a page: a study can be planned, simulated, collected and read without either.
"""
