"""transformers finds the names of its modules in a tenth of the time, and finds the same."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from transformers.utils import import_utils

from speecht5_demo.checkpoints.transformers_names import look_once

SOURCES = {
    "none": ("import a\n", []),
    "named": ('x = "__all__"\n', []),
    "first line": ('__all__ = ["A", "B"]', ["A", "B"]),
    "last line": ('import a\n\n__all__ = ["A"]\n', ["A"]),
    "many lines": ('import a\n__all__ = [\n    "A",\n    "B",\n]\n', ["A", "B"]),
    "twice": ('__all__ = ["A"]\n__all__ = ["B"]\n', ["B"]),
    "indented": ('if x:\n    __all__ = ["A"]\n', []),
}


def as_it_is() -> ModuleType:
    """The module as transformers has it."""
    spec = importlib.util.spec_from_file_location(import_utils.__name__, import_utils.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module as it is imported from now on."""
    monkeypatch.delitem(sys.modules, import_utils.__name__)
    look_once()
    spec = importlib.util.find_spec(import_utils.__name__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("source", SOURCES)
def test_names_are_found_wherever_they_are(quick: ModuleType, source: str) -> None:
    text, names = SOURCES[source]
    assert quick.fetch__all__(text) == as_it_is().fetch__all__(text) == names


def test_every_module_of_a_speech_model_exports_what_it_did(quick: ModuleType) -> None:
    models = Path(str(import_utils.__file__)).parents[1] / "models"
    sources = [path.read_text(encoding="utf-8") for path in sorted(models.glob("sp*/*.py"))]
    look = as_it_is().fetch__all__
    found = [quick.fetch__all__(source) for source in sources]
    assert found == [look(source) for source in sources]
    assert any("SpeechT5ForTextToSpeech" in names for names in found)


def test_it_is_found_once_and_by_nobody_else_afterwards(quick: ModuleType) -> None:
    assert quick.fetch__all__.__module__ == look_once.__module__
    assert not any(type(finder).__module__ == look_once.__module__ for finder in sys.meta_path)
