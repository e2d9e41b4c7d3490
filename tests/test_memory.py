"""What a process that speaks keeps of the memory it was given."""

import json
import platform
import subprocess
import sys

FAULTS = """
import json, resource, torch
from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig
from speecht5_demo.memory import keep_freed_memory

told = keep_freed_memory()
torch.set_num_threads(1)
vocoder = SpeechT5HifiGan(SpeechT5HifiGanConfig(upsample_initial_channel=128)).eval()
mel = torch.randn(300, 80)
faults = []
with torch.inference_mode():
    for _ in range(8):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        vocoder(mel)
        faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(json.dumps([told, faults[0], sum(faults[3:])]))
"""


def pages_asked_for() -> tuple[bool, int, int]:
    """Whether the C library was told, the pages that the kernel hands out for a vocoder's first sentence, and those for
    five more once it has spoken.
    """
    command = [sys.executable, "-c", FAULTS]
    ran = subprocess.run(command, capture_output=True, check=True, text=True, timeout=120)
    told, first, later = json.loads(ran.stdout)
    return told, first, later


def test_a_vocoder_that_has_spoken_needs_hardly_a_new_page_for_the_next_sentence() -> None:
    told, first, later = pages_asked_for()
    assert told is (platform.libc_ver()[0] == "glibc")
    assert later < first or not told, "five sentences together take less than the first alone"
