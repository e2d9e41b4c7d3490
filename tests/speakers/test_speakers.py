"""Who may speak: found by name, uploaded, blended; and every vector that must not reach a model."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from speecht5_demo.errors import SpeakerError
from speecht5_demo.speakers import Speaker, blend, find_speaker, load_upload

GOOD = np.linspace(-1, 1, 512, dtype=np.float32)


def speaker(name: str, vector: np.ndarray = GOOD) -> Speaker:
    return Speaker(name, name, vector, "a test")


def save(path: Path, value: object) -> Path:
    if path.suffix == ".npy":
        np.save(path, value, allow_pickle=True)
    else:
        torch.save(value, path)
    return path


def test_vector_is_a_read_only_copy():
    mine = GOOD.copy()
    made = speaker("a", mine)
    mine[:] = 0
    assert np.array_equal(made.vector, GOOD)
    with pytest.raises(ValueError, match="read-only"):
        made.vector[0] = 1


@pytest.mark.parametrize("value", [GOOD, GOOD.astype(np.float64), GOOD[None], GOOD.astype(np.float16)])
def test_npy_of_one_x_vector_is_taken(tmp_path, value):
    loaded = load_upload(save(tmp_path / "Ada's voice.npy", value))
    assert loaded.vector.dtype == np.float32
    assert np.allclose(loaded.vector, GOOD, atol=1e-3)
    assert loaded.label == "Ada's voice (uploaded)"


def test_upload_is_named_by_its_vector_and_not_by_its_file(tmp_path):
    first, second = (
        load_upload(save(tmp_path / name, GOOD)) for name in ("am_michael.npy", "Ada Lovelace.npy")
    )
    assert first.name == second.name
    assert first.name.startswith("upload-")
    assert load_upload(save(tmp_path / "am_michael.npy", -GOOD)).name != first.name


@pytest.mark.parametrize(
    "value", [torch.tensor(GOOD), torch.tensor(GOOD)[None], torch.tensor(GOOD).bfloat16(), GOOD]
)
def test_pt_of_one_x_vector_is_taken(tmp_path, value):
    assert np.allclose(load_upload(save(tmp_path / "ada.pt", value)).vector, GOOD, atol=1e-2)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (GOOD[:511], "expected 512 values, found 511"),
        (np.stack([GOOD, GOOD]), r"found 1024 in shape \(2, 512\)"),
        (GOOD.reshape(16, 32), r"in shape \(16, 32\)"),
        (np.where(np.arange(512) == 3, np.nan, GOOD), "1 of the 512 values are NaN or infinite"),
        (np.where(np.arange(512) < 2, np.inf, GOOD), "2 of the 512 values are NaN or infinite"),
        (GOOD.astype(np.float64) * 1e300, "NaN or infinite"),
        (np.zeros(512), "all 512 values are zero"),
        (GOOD.astype(complex), "expected numbers, found complex128"),
        (np.array(["a"] * 512), "expected numbers"),
    ],
)
def test_unusable_vector_says_what_is_wrong_and_what_to_do(tmp_path, value, words):
    with pytest.raises(SpeakerError, match=words) as refused:
        load_upload(save(tmp_path / "x.npy", value))
    assert str(refused.value).count(". ") >= 1, "a second sentence says what to do"


class Trap:
    """An object whose unpickling would leave a file behind."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        return (Path.touch, (self.trace,))


@pytest.mark.parametrize("ending", [".npy", ".pt"])
def test_pickle_that_wants_to_run_code_is_refused_and_does_not_run(tmp_path, ending):
    trace = tmp_path / "ran"
    value = np.array([Trap(trace)], dtype=object) if ending == ".npy" else {"vector": Trap(trace)}
    with pytest.raises(SpeakerError):
        load_upload(save(tmp_path / f"x{ending}", value))
    (tmp_path / f"bare{ending}").write_bytes(pickle.dumps(Trap(trace), protocol=2))
    with pytest.raises(SpeakerError):
        load_upload(tmp_path / f"bare{ending}")
    assert not trace.exists()


@pytest.mark.parametrize(
    "value", [{"vector": torch.tensor(GOOD)}, [torch.tensor(GOOD)], torch.tensor(GOOD).to_sparse()]
)
def test_pt_of_anything_but_one_plain_tensor_is_refused(tmp_path, value):
    with pytest.raises(SpeakerError, match=r"expected|holds more than a tensor"):
        load_upload(save(tmp_path / "x.pt", value))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.wav", b"RIFF", r"is a recording: expected a \.npy or \.pt file"),
        ("x.mp3", b"ID3", r"is a recording: expected a \.npy or \.pt file"),
        ("x", b"", r"expected a \.npy or \.pt file"),
        ("x.npy", b"", "found 0 bytes"),
        ("x.npy", b"not an array", "cannot be read as an array"),
        ("x.pt", b"not a tensor", "x.pt"),
        ("x.npy", bytes(100_000), "at most 65,536 bytes"),
    ],
)
def test_file_that_is_no_speaker_is_refused(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SpeakerError, match=words):
        load_upload(tmp_path / name)


def test_archive_of_arrays_under_another_ending_is_refused(tmp_path):
    with (tmp_path / "x.npy").open("wb") as file:
        np.savez(file, a=GOOD)
    with pytest.raises(SpeakerError, match="several arrays"):
        load_upload(tmp_path / "x.npy")


def test_absent_file_and_folder_are_refused(tmp_path):
    with pytest.raises(SpeakerError, match="cannot be read"):
        load_upload(tmp_path / "none.npy")
    (tmp_path / "folder.npy").mkdir()
    with pytest.raises(SpeakerError, match=r"folder\.npy"):
        load_upload(tmp_path / "folder.npy")


def test_array_header_that_promises_gigabytes_is_refused(tmp_path):
    save(tmp_path / "x.npy", GOOD)
    content = (tmp_path / "x.npy").read_bytes()
    (tmp_path / "x.npy").write_bytes(content.replace(b"(512,), }     ", b"(512000000,),}"))
    with pytest.raises(SpeakerError, match="cannot be read as an array"):
        load_upload(tmp_path / "x.npy")


def test_unknown_speaker_lists_the_known_and_the_nearest():
    known = {name: speaker(name) for name in ("am_michael", "bf_emma")}
    with pytest.raises(
        SpeakerError, match=r"'am_mikael'. Did you mean am_michael\? Choose one of: am_michael, bf_emma"
    ):
        find_speaker(known, "am_mikael")
    with pytest.raises(SpeakerError, match="Choose one of"):
        find_speaker(known, "../../etc/passwd.npy")
    assert find_speaker(known, " AM_MICHAEL ").name == "am_michael"


def test_blend_goes_from_one_to_the_other_whatever_their_lengths():
    a, b = np.zeros(512), np.zeros(512)
    a[0], b[1] = 100, 0.01
    long, short = speaker("a", a), speaker("b", b)
    assert np.allclose(blend(long, short, 0).vector[:2], [1, 0])
    assert np.allclose(blend(long, short, 1).vector[:2], [0, 1])
    half = blend(long, short, 0.5)
    assert np.allclose(half.vector[:2], np.sqrt([0.5, 0.5]))
    assert half.name == "a+b:0.5"


def test_blend_can_be_named():
    other = speaker("bf_emma", GOOD[::-1] ** 2)
    known = {"am_michael": speaker("am_michael"), "bf_emma": other}
    assert np.array_equal(
        find_speaker(known, "am_michael+bf_emma:0.3").vector, blend(known["am_michael"], other, 0.3).vector
    )
    assert find_speaker(known, "am_michael+BF_EMMA").name == "am_michael+bf_emma:0.5"
    for wrong in (
        "am_michael+bf_emma:1.5",
        "am_michael+bf_emma:",
        "am_michael+bf_emma:half",
        "am_michael+nobody",
        "am_michael+bf_emma+am_michael",
    ):
        with pytest.raises(SpeakerError):
            find_speaker(known, wrong)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_blend_needs_a_share_between_0_and_1(share):
    with pytest.raises(SpeakerError, match="from 0 to 1"):
        blend(speaker("a"), speaker("b"), share)


def test_blend_of_opposites_is_refused_where_they_cancel():
    with pytest.raises(SpeakerError, match="opposite"):
        blend(speaker("a"), speaker("b", -GOOD), 0.5)
