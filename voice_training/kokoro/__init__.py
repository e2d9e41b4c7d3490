"""The natural teacher: Kokoro-82M (Apache 2.0) from packages alone, with the times of the words that it says."""
