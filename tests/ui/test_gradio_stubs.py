"""What Gradio writes for editors costs a start of the app nothing."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import speecht5_demo.ui
import ast
parsed = []
segment = ast.get_source_segment
ast.get_source_segment = lambda *given, **more: parsed.append(1) or segment(*given, **more)
import gradio
print(len(parsed), gradio.Textbox("a").value, callable(gradio.Textbox.submit))
"""


def test_gradio_is_imported_without_parsing_its_own_components() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == "0 a True\n"
