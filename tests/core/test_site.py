"""What a process does when it begins to serve."""

import gc


def test_a_process_that_serves_notes_its_history_and_the_collector_leaves_it_alone(app, monkeypatch):
    began = []
    monkeypatch.setattr(app.extensions["history"], "start", lambda: began.append(True))
    try:
        app.begin()
        assert began and gc.get_freeze_count() > 10_000 and len(gc.get_objects()) < 1_000
    finally:
        gc.unfreeze()
