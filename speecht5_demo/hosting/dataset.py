"""Ratings as a dataset on the hub: one CSV, the results, the methods, and a card that says what is what."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.errors import HfHubHTTPError, HFValidationError

from speecht5_demo.hosting.repository import open_repository
from speecht5_demo.hosting.store import HostingError
from speecht5_demo.hub import HUB_ERRORS
from speecht5_demo.listening.analysis import Analysis, Settings, analyse, as_json, simulated_sessions
from speecht5_demo.listening.cells import neutralise
from speecht5_demo.listening.ratings import read_ratings
from speecht5_demo.rendering.markdown_table import markdown_table
from speecht5_demo.report.methods import as_markdown, methods
from speecht5_demo.report.pieces import headline_sentence
from speecht5_demo.report.tables import interval_text

DATA = "data/ratings.csv"


@dataclass(frozen=True)
class Pushed:
    """What reached the hub.

    Attributes:
        repo: dataset id.
        rows: ratings in it.
        files: paths in the repository.
        url: of the commit.
    """

    repo: str
    rows: int
    files: tuple[str, ...]
    url: str


def push_ratings(
    sources: Iterable[Path],
    repo: str,
    public: bool = False,
    settings: Settings | None = None,
) -> Pushed:
    """Merge ratings and commit them as a dataset in one commit.

    Args:
        sources: ratings files, or folders of them.
        repo: dataset id; made when there is none.
        public: whether everybody may read it; a public one is refused otherwise.
        settings: of the analysis.

    Raises:
        HostingError: the hub refused or could not be reached; nothing was changed then.
        RatingsError: the ratings cannot be read, or there are none.
    """
    given = list(sources)
    table = read_ratings(given)
    analysis = analyse(table, settings, simulated_sessions(given))
    if table.frame.empty:
        raise HostingError("There is not one rating in what was named; nothing was pushed.")
    files = {
        DATA: csv_text(table.frame),
        "results.json": json.dumps(as_json(analysis), ensure_ascii=False, indent=1, allow_nan=False),
        "methods.md": as_markdown(methods(analysis)),
        "README.md": card(repo, analysis),
    }
    operations = [CommitOperationAdd(name, text.encode("utf-8")) for name, text in files.items()]
    api = HfApi()
    try:
        open_repository(api, repo, public, make_public=public)
        done = api.create_commit(
            repo, operations, commit_message=f"Add {len(table.frame)} ratings", repo_type="dataset"
        )
    except HFValidationError as error:
        raise HostingError(f"{repo!r} is not a dataset id. Write user/name.") from error
    except (HfHubHTTPError, *HUB_ERRORS) as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status in (401, 403):
            raise HostingError(
                f"The hub does not let you write to {repo} ({status}). Set HF_TOKEN to a token that may "
                "write there."
            ) from error
        raise HostingError(
            f"The hub did not take the ratings ({str(error).splitlines()[0][:160]}). They are still here; "
            "try again."
        ) from error
    return Pushed(repo, len(table.frame), tuple(files), str(done.commit_url))


def csv_text(frame: pd.DataFrame) -> str:
    """The merged ratings as they are written on disk: neutralised text, UTC times, whole numbers whole."""
    out = frame.copy(deep=False)
    for name in frame.columns:
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            safe = np.array([neutralise(str(word)) for word in column.cat.categories], dtype=object)
            out[name] = safe[column.cat.codes.to_numpy()]
        elif name == "blind":
            out[name] = column.map({True: "true", False: "false"})
        elif name == "rating":
            whole = column.dropna()
            out[name] = column.astype("Int64") if (whole == whole.round()).all() else column
        elif name == "submitted_at":
            out[name] = column.dt.strftime("%Y-%m-%dT%H:%M:%S.%f").str[:-3] + "Z"
    return out.to_csv(index=False, lineterminator="\n")


def card(repo: str, analysis: Analysis) -> str:
    """The dataset's README."""
    rows = [
        [one.variant, f"{one.mos:.2f}", interval_text(one.ci95), one.n_ratings, one.n_listeners]
        for one in analysis.headline.variants
    ]
    head = ["Variant", "MOS", "95 % interval", "ratings", "listeners"]
    return "\n".join(
        [
            "---",
            "pretty_name: Ratings of synthesized speech",
            "task_categories: [text-to-speech]",
            "language: [en]",
            "configs:",
            "- config_name: default",
            f"  data_files: {DATA}",
            "---",
            "# Ratings of synthesized speech",
            "",
            headline_sentence(analysis),
            "",
            markdown_table(head, rows),
            "",
            f'One row a rating: `load_dataset("{repo}")`. Only rows with `blind` true and `role` test '
            "count towards a MOS. A text that a spreadsheet would run begins with an apostrophe. "
            "`results.json` holds every figure, `methods.md` how it came about.",
            "",
        ]
    )
