"""What a process that speaks keeps of the memory it was given."""

import json
import platform
import subprocess
import sys

FAULTS = """
import json, resource, sys, torch
from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig
from speecht5_demo.memory import keep_freed_memory

told = sys.argv[1] == "kept" and keep_freed_memory()
torch.set_num_threads(1)
vocoder = SpeechT5HifiGan(SpeechT5HifiGanConfig(upsample_initial_channel=128)).eval()
mel = torch.randn(300, 80)
faults = []
with torch.inference_mode():
    for _ in range(8):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        vocoder(mel)
        faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(json.dumps([told, sum(faults[3:])]))
"""


def pages_asked_for(how: str) -> tuple[bool, int]:
    """Whether the C library was told, and the pages that the kernel hands out for five more sentences of a vocoder that
    has spoken already.
    """
    command = [sys.executable, "-c", FAULTS, how]
    ran = subprocess.run(command, capture_output=True, check=True, text=True, timeout=120)
    told, pages = json.loads(ran.stdout)
    return told, pages


def test_a_vocoder_that_has_spoken_needs_hardly_a_new_page_for_the_next_sentence() -> None:
    told, kept = pages_asked_for("kept")
    untold, given_back = pages_asked_for("given back")
    assert told is (platform.libc_ver()[0] == "glibc")
    assert not untold
    assert 10 * kept < given_back or not told
