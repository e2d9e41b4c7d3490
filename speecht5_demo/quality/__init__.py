"""Objective quality: word errors, PESQ, spectral distance, pitch, alignment faults, predicted opinion scores.

Every comparison names what it compares: with the text, with the baseline driven along the same spectrogram,
with the baseline's own free run after warping, or with natural recordings. None of them replaces a listener.
"""
