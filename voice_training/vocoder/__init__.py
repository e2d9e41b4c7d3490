"""The vocoder: mel frames in, waveform out."""
