"""The speakers that the published SpeechT5 is commonly heard with: x-vectors of CMU ARCTIC recordings.

They come from a data set on the hub, through `datasets`. A row is chosen by the name of the recording it
was made from, not by its position, which differs between copies of the data set. The few vectors in use are
kept as .npy files, so the data set is read once. Without them there is no speaker: a random vector would
speak, but with nobody's voice.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from speecht5_demo.errors import OutputError, SpeakerError
from speecht5_demo.files import whole_file
from speecht5_demo.speakers.files import read_array
from speecht5_demo.speakers.speaker import VECTOR_SIZE, Speaker, Vector, checked_vector

DATASET = "regisss/cmu-arctic-xvectors"
"""`Matthijs/cmu-arctic-xvectors` as parquet; the original is a loading script, which no longer runs."""

RECORDINGS = {
    "slt": ("cmu_us_slt_arctic-wav-arctic_a0508", "Slt, a woman's voice (US English)"),
    "bdl": ("cmu_us_bdl_arctic-wav-arctic_a0009", "Bdl, a man's voice (US English)"),
    "clb": ("cmu_us_clb_arctic-wav-arctic_a0144", "Clb, a woman's voice (US English)"),
    "rms": ("cmu_us_rms_arctic-wav-arctic_b0353", "Rms, a man's voice (US English)"),
    "ksp": ("cmu_us_ksp_arctic-wav-arctic_b0087", "Ksp, a man's voice (Indian English)"),
}


def arctic_speakers() -> dict[str, Speaker]:
    """The five speakers, the default one first; from this machine where they are, else from the hub.

    Raises:
        HubError: when the hub has to be asked and does not deliver.
        SpeakerError: when the data set lacks a recording or holds something else.
    """
    vectors = _kept()
    if vectors is None:
        from speecht5_demo.hub import ask_hub  # its client takes a second to import

        vectors = ask_hub(_download, wanted=f"the speakers of {DATASET}")
        _keep(vectors)
    return {
        name: Speaker(name, label, vectors[recording], source=f"{DATASET}, {recording}")
        for name, (recording, label) in RECORDINGS.items()
    }


def _folder() -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HOME) / "speecht5_demo" / DATASET.replace("/", "--")


def _kept() -> dict[str, Vector] | None:
    """The vectors as kept on disk, or None when any of them is absent or broken."""
    try:
        return {
            recording: checked_vector(read_array(_folder() / f"{recording}.npy"), recording)
            for recording, _ in RECORDINGS.values()
        }
    except SpeakerError:
        return None


def _keep(vectors: dict[str, Vector]) -> None:
    """Write the vectors, each file whole or not at all; a disk that is full only costs another download."""
    try:
        for recording, vector in vectors.items():
            path = _folder() / f"{recording}.npy"
            with whole_file(path, parents=True) as aside, aside.open("wb") as file:
                np.save(file, vector)
    except OutputError:
        return


def _download() -> dict[str, Vector]:
    import datasets  # takes a second to import, and most runs need none of it

    datasets.disable_progress_bars()
    try:
        splits = datasets.load_dataset(DATASET)
    except datasets.exceptions.DatasetsError as error:
        raise OSError(str(error)) from error
    rows: dict[str, Vector] = {}
    wanted = {recording for recording, _ in RECORDINGS.values()}
    for split in splits.values():
        if not {"filename", "xvector"} <= set(split.column_names):
            raise SpeakerError(
                f"{DATASET} has no columns filename and xvector any more. Choose the checkpoint embedded."
            )
        for row, name in enumerate(split["filename"]):
            if name in wanted:
                rows[name] = checked_vector(split[row]["xvector"], name)
    if missing := sorted(wanted - set(rows)):
        raise SpeakerError(
            f"{DATASET} lacks {len(missing)} of {len(wanted)} recordings, the first of them {missing[0]} "
            f"({VECTOR_SIZE} values each). Choose the checkpoint embedded."
        )
    return rows
