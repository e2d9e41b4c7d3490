"""The dataset that ratings go to: made private, and refused where it is public without the owner's word."""

from __future__ import annotations

from collections.abc import Mapping

from huggingface_hub import HfApi

from speecht5_demo.hosting.store import HostingError

PUBLIC_VARIABLE = "RATINGS_REPO_PUBLIC"
PUBLIC_WORDS = "yes, publish ratings"


class PublicRepositoryError(HostingError):
    """Everybody could read the ratings, and the owner did not say that they may."""


def publishing_agreed(environment: Mapping[str, str]) -> bool:
    """Whether the owner said in words that ratings may go to a public dataset.

    Raises:
        HostingError: something else was said.
    """
    said = environment.get(PUBLIC_VARIABLE, "").strip()
    if said and said != PUBLIC_WORDS:
        raise HostingError(
            f'{PUBLIC_VARIABLE} is {said!r}: write "{PUBLIC_WORDS}", or leave it out and keep the dataset private.'
        )
    return bool(said)


def open_repository(api: HfApi, repo: str, public: bool, make_public: bool = False) -> None:
    """Make the dataset where there is none, and look at who may read it.

    Args:
        api: of the hub.
        repo: dataset id.
        public: whether everybody may read it.
        make_public: whether a new one is made public.

    Raises:
        PublicRepositoryError: it is public and must not be.
    """
    api.create_repo(repo, repo_type="dataset", private=not make_public, exist_ok=True)
    check_private(api, repo, public)


def check_private(api: HfApi, repo: str, public: bool) -> None:
    """Refuse a dataset that everybody can read, unless they may.

    Raises:
        PublicRepositoryError: it is public and must not be.
    """
    if public or api.repo_info(repo, repo_type="dataset").private:
        return
    raise PublicRepositoryError(
        f"The dataset {repo} is public, so nothing was sent: make it private, or allow it by "
        f'{PUBLIC_VARIABLE}="{PUBLIC_WORDS}" (`push --public` on the command line).'
    )
