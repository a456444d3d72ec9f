"""The order in which several processes take the tests (`-n`)."""

from xdist.scheduler import LoadScopeScheduling

# files whose tests share a costly site, made once: the tests of one run in one process
TOGETHER = {
    "tests/test_axe.py",
    "tests/test_api.py",
    "tests/test_api_document.py",
    "tests/home/test_seed.py",
    "tests/forum/test_import_killed.py",
    "tests/forum/test_import_realdata.py",
    "tests/products/test_realdata.py",
    "tests/bulletins/test_import_realdata.py",
    "tests/test_work.py",
    "tests/failures/test_cluster.py",
    "tests/failures/test_workers.py",
    "tests/failures/test_replicas.py",
    "tests/failures/test_redis.py",
    "tests/failures/test_shared_cache.py",
}
HALVES = ("light-1280]", "dark-375]", "[sqlite-", "[postgresql-")  # of a file worth two sites


class Schedule(LoadScopeScheduling):
    """Hands out tests one by one; the files of TOGETHER first and whole, or half by half."""

    def _split_scope(self, nodeid):
        file = nodeid.split("::")[0]
        half = next((half for half in HALVES if half in nodeid), "")
        return file + half if file in TOGETHER else nodeid

    def mark_test_complete(self, node, item_index, duration=0):
        """Also forget what is done: what is left is counted after every test."""
        super().mark_test_complete(node, item_index, duration)
        units, unit = self.assigned_work[node], self._split_scope(self.collection[item_index])
        if all(units[unit].values()):
            del units[unit]
