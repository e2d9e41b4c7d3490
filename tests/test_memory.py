"""What a process that speaks keeps of the memory it was given."""

import subprocess
import sys

import pytest

FAULTS = """
import resource, sys, torch
from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig
from speecht5_demo.memory import keep_freed_memory

if sys.argv[1] == "kept":
    assert keep_freed_memory()
torch.set_num_threads(1)
vocoder = SpeechT5HifiGan(SpeechT5HifiGanConfig(upsample_initial_channel=128)).eval()
mel = torch.randn(300, 80)
faults = []
with torch.inference_mode():
    for _ in range(8):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        vocoder(mel)
        faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(sum(faults[3:]))
"""


def pages_asked_for(how: str) -> int:
    """Pages that the kernel hands out for five more sentences of a vocoder that has spoken already."""
    command = [sys.executable, "-c", FAULTS, how]
    return int(subprocess.run(command, capture_output=True, check=True, text=True, timeout=120).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator alone can be told")
def test_a_vocoder_that_has_spoken_needs_hardly_a_new_page_for_the_next_sentence() -> None:
    kept, given_back = pages_asked_for("kept"), pages_asked_for("given back")
    assert 10 * kept < given_back
