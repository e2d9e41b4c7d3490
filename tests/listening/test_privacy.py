"""What a dataset gets of a sessions file tells nobody who took part."""

from pathlib import Path

from speecht5_demo.listening.privacy import without_platform_ids
from speecht5_demo.listening.session_events import SessionEvent, SessionsWriter
from speecht5_demo.listening.sessions import read_sessions


def test_platform_ids_are_hashed_with_the_secret_and_everything_else_stays(tmp_path: Path) -> None:
    writer = SessionsWriter(tmp_path)
    for session, participant in (("a", "worker 1"), ("b", "worker 1"), ("c", "=worker 2"), ("d", "")):
        path = writer.append(
            SessionEvent(
                study_id="s",
                session_id=session,
                listener_id=session,
                event="consent",
                language="de",
                platform_participant=participant,
                platform_session=f"assignment of {session}" if participant else "",
                platform_study="st",
            )
        )
    carried = tmp_path / "carried"
    carried.mkdir()
    whole = without_platform_ids(path.read_bytes(), b"secret")
    (carried / path.name).write_bytes(whole)
    assert b"worker" not in whole
    assert b"assignment" not in whole
    found, own = read_sessions(carried), read_sessions(tmp_path)
    ids = found["platform_participant"].tolist()
    assert ids[0] == ids[1] != ids[2]
    assert ids[3] == ""
    others = [name for name in own if name not in ("platform_participant", "platform_session")]
    assert found[others].equals(own[others])
    assert without_platform_ids(path.read_bytes(), b"other") != whole
    assert without_platform_ids(whole, b"secret") == whole
