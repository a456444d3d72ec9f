"""The rules of docs/architecture.md, executable. A rule that is wrong is changed in a decision, not here."""

import ast
import re
import subprocess
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from core import config
from tests.rules import ROOT, each_file, name, tree_of

LAYERS = {
    "core": 0,
    "auth": 1,
    "advisories": 1,
    "posts": 2,
    "search": 3,
    "products": 4,
    "inventory": 5,
    "forum": 6,
    "kb": 6,
    "bulletins": 6,
    "notifications": 7,
    "alerts": 7,
    "moderation": 7,
    "deployment": 7,
    "home": 8,
    "admin": 8,
    "demo": 8,
    "app": 9,
}
PACKAGES = [package for package in LAYERS if package != "app"]
MAX_LINES = 400  # docs/decisions/0500
MAX_TEMPLATE_COLUMNS = 140
COMMITTERS = {"views", "api", "feeds", "cli", "handlers", "tasks"}
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).glob("**/*.py"))


def imports(tree: ast.AST):
    """(module, node) for every absolute import below `tree`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node


@each_file(FILES)
def test_imports_run_downward(path):
    package = path.relative_to(ROOT).parts[0]
    for module, node in imports(tree_of(path)):
        other = module.split(".")[0]
        if other in LAYERS and other != package:
            assert LAYERS[other] < LAYERS[package], f"{name(path)}:{node.lineno} imports {module}"


@each_file(FILES)
def test_no_function_local_imports(path):
    for function in ast.walk(tree_of(path)):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found = [module for module, _ in imports(function)]
            assert not found, f"{name(path)}:{function.lineno} imports {found} inside a function"


def test_no_import_cycles():
    """Modules of ours that import each other at the top, followed to the end."""
    modules = {
        str(p.relative_to(ROOT).with_suffix("")).replace("/", ".").removesuffix(".__init__"): p for p in FILES
    }
    graph = {}
    for module, path in modules.items():
        targets = set()
        for node in tree_of(path).body:
            if isinstance(node, ast.ImportFrom) and node.module:
                inner = {f"{node.module}.{a.name}" for a in node.names} & set(modules)
                targets |= inner or ({node.module} & set(modules))
            elif isinstance(node, ast.Import):
                targets |= {a.name for a in node.names} & set(modules)
        graph[module] = targets - {module}
    require_no_cycle(graph)
    inside_core = {}
    for module, targets in graph.items():
        if module.startswith("core."):
            package = ".".join(module.split(".")[:2])
            others = {".".join(t.split(".")[:2]) for t in targets if t.startswith("core.")}
            inside_core.setdefault(package, set()).update(others - {package})
    require_no_cycle(inside_core)


def require_no_cycle(graph: dict[str, set[str]]) -> None:
    """Fail with the cycle, when a graph of imports has one."""
    done, path = set(), []

    def visit(module):
        if module in path:
            pytest.fail("cycle: " + " → ".join([*path[path.index(module) :], module]))
        if module not in done:
            path.append(module)
            for target in sorted(graph.get(module, ())):
                visit(target)
            path.pop()
            done.add(module)

    for module in sorted(graph):
        visit(module)


@each_file(FILES)
def test_only_entry_points_and_the_worker_commit(path):
    stem = path.stem
    package = path.relative_to(ROOT).parts[0]
    may_commit = (
        package == "core"
        or stem in COMMITTERS
        or stem.startswith("import_")
        or any(stem.endswith(f"_{entry}") for entry in COMMITTERS)
    )
    if not may_commit:
        assert "session.commit(" not in path.read_text(), f"{name(path)} commits"


@each_file(FILES)
def test_actions_know_no_request_and_policies_no_database(path):
    text = path.read_text()
    if path.stem.endswith("actions"):
        assert not re.search(r"\brequest\b.*import|import.*\brequest\b", text), name(path)
    if path.stem.endswith("policy"):
        assert "core.database.db" not in text and "sqlalchemy" not in text, name(path)
    if path.stem == "models":
        assert "db.session" not in text and "from flask import" not in text, name(path)


def test_no_views_of_another_package_are_imported():
    """Views are entry points: what two packages need lies in queries, actions, policies or a registry."""
    found = []
    for path in FILES:
        package = path.relative_to(ROOT).parts[0]
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom) and node.module:
                named = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                named = [alias.name for alias in node.names]
            else:
                continue
            found += [
                f"{name(path)}:{node.lineno} imports {module}"
                for module in named
                if module.split(".")[0] in LAYERS
                and module.split(".")[0] != package
                and re.search(r"(^|_)views$", module.split(".")[-1])
            ]
    assert not found


def test_bleach_has_one_importer():
    users = [name(p) for p in FILES if any(m.split(".")[0] == "bleach" for m, _ in imports(tree_of(p)))]
    assert users == ["core/markup/markup.py"]


def test_safe_is_used_once_in_the_prose_macro():
    found = [
        name(p)
        for p in (ROOT / "templates").glob("**/*")
        if p.is_file() and re.search(r"\|\s*safe\b", p.read_text())
    ]
    assert found == ["templates/macros/ui.html"]
    assert len(re.findall(r"\|\s*safe\b", (ROOT / found[0]).read_text())) == 1
    marked = [name(p) for p in FILES if "Markup(" in p.read_text()]
    assert marked == ["core/cache/marks.py"], "what templates made, and marks in it"
    assert (ROOT / marked[0]).read_text().count("Markup(") == 1


@each_file(sorted((ROOT / "templates").glob("**/*.html")))
def test_templates_are_short_and_carry_no_inline_code(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 120 or path.parent.name == "macros", f"{name(path)} is long"
    assert not re.search(r"\son\w+\s*=|\sstyle\s*=|javascript:", text), f"{name(path)}: inline code"


@each_file(sorted(path for path in (ROOT / "templates").glob("**/*.*") if path.is_file()))
def test_lines_of_templates_are_short(path):
    long = [n for n, line in enumerate(path.read_text().splitlines(), 1) if len(line) > MAX_TEMPLATE_COLUMNS]
    assert not long, f"lines {long}"


def test_files_are_short():
    long = {name(p): n for p in FILES if (n := len(p.read_text().splitlines())) > MAX_LINES}
    assert not long, long


def test_every_setting_is_documented():
    assert (ROOT / "docs" / "settings.md").read_text() == config.documentation()


def test_settings_read_in_the_code_exist():
    known = {setting.name for setting in config.SETTINGS}
    for path in [*FILES, ROOT / "app.py"]:
        for word in re.findall(r"\bREDOUBT_[A-Z_]+\b", path.read_text()):
            assert word in known, f"{name(path)} reads {word}"


@each_file([p for p in FILES if p.name == "__init__.py"])
def test_packages_say_what_they_are_for(path):
    assert ast.get_docstring(tree_of(path))


def test_no_forbidden_packages_and_no_secrets_in_the_tree():
    for word in ("utils", "services", "helpers", "common"):
        assert not (ROOT / word).exists()
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout
    assert not re.search(r"(secret_key|\.db|\.env|\.pem)$", tracked, re.M)


DOCUMENTS = sorted(
    [
        *(ROOT / "docs").glob("**/*.md"),
        *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY")),
    ]
)
SUFFIXES = "py|html|css|js|sh|md|conf|service|timer|environment|toml|txt|lock|json|yaml"


def code_spans(path: Path) -> list[str]:
    """What stands in backticks in a document, without blocks of code."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.S | re.M)
    return re.findall(r"`([^`\n]+)`", text)


@each_file(DOCUMENTS)
def test_paths_named_in_documents_exist(path):
    named = set(re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text()))
    for span in code_spans(path):
        named |= set(re.findall(rf"^[\w./-]+/[\w.-]+\.(?:{SUFFIXES})$|^(?:[\w-]+/)+$", span))
    bases = (ROOT, ROOT / "docs", ROOT / "templates", path.parent)
    missing = {each for each in named if each[0] != "/" and not any((base / each).exists() for base in bases)}
    missing -= {"imports/", "outbox/", "instance/", "instance/outbox/"}  # folders of an instance
    assert not missing, f"{name(path)} names {sorted(missing)}"


def defines(dotted: str) -> bool:
    """Whether a dotted name in a document is a module, or a name that the module mentions."""
    path, rest = ROOT, dotted.split(".")
    while rest and (path / rest[0]).is_dir():
        path, rest = path / rest[0], rest[1:]
    if not rest:
        return True
    module = path / f"{rest[0]}.py"
    rest = rest[1:] if module.exists() else rest
    module = module if module.exists() else path / "__init__.py"
    return all(re.search(rf"\b{re.escape(part)}\b", module.read_text()) for part in rest)


@each_file(DOCUMENTS)
def test_dotted_names_in_documents_exist(path):
    packages = "|".join(PACKAGES)
    named = {
        match[0]
        for span in code_spans(path)
        if (match := re.match(rf"(?:{packages})(?:\.[A-Za-z_]\w*)+", span)) and "/" not in span
    }
    missing = {each for each in named if not each.endswith((".py", ".service")) and not defines(each)}
    assert not missing, f"{name(path)} names {sorted(missing)}"


def test_extension_points_are_documented():
    """Every public register_… function is in the table of docs/architecture.md, and nothing else is."""
    defined = {
        (node.name, name(path))
        for path in FILES
        for node in tree_of(path).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("register_")
    }
    table = (ROOT / "docs" / "architecture.md").read_text().split("## Extension points")[1]
    assert set(re.findall(r"^\| `(register_\w+)` \| `([^`]+)` \|", table, re.M)) == defined


def test_imports_for_a_side_effect_are_documented():
    """A module that an __init__.py imports and does not use is in the table of docs/architecture.md."""
    document = (ROOT / "docs" / "architecture.md").read_text()
    table = document.split("| imported for its side effect |")[1].split("\n\n")[0]
    patterns = re.findall(r"`([\w*]+)`", " ".join(line.split("|")[1] for line in table.splitlines()[2:]))
    undocumented = []
    for path in FILES:
        if path.name == "__init__.py":
            tree = tree_of(path)
            used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            for node in tree.body:
                unused = [a for a in getattr(node, "names", ()) if (a.asname or a.name) not in used]
                modules = [a.name for a in unused if not any(fnmatchcase(a.name, each) for each in patterns)]
                undocumented += [f"{name(path)}: {module}" for module in modules]
    assert not undocumented


def test_layers_and_sub_packages_of_core_are_documented():
    document = (ROOT / "docs" / "architecture.md").read_text()
    for package in PACKAGES:
        assert re.search(rf"^layer {LAYERS[package]} .*\b{package}/", document, re.M), package
    for folder in (ROOT / "core").iterdir():
        if folder.is_dir() and folder.name != "__pycache__":
            assert f"`core/{folder.name}/`" in document, folder.name


def test_the_index_of_decisions_is_complete_and_in_order():
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"^\| \[(\d{4})\]\(([^)]+)\) \|", (folder / "README.md").read_text(), re.M)
    files = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert listed == [(file[:4], file) for file in files]
    for file in files:
        assert (folder / file).read_text().startswith(f"# {file[:4]} "), (
            f"{file}: the heading begins with its number"
        )


def test_the_version_is_that_of_the_changelog():
    versions = re.findall(
        r"^## (\d+\.\d+\.\d+) \(\d{4}-\d\d-\d\d\)", (ROOT / "CHANGELOG.md").read_text(), re.M
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == versions[0]
    assert versions == sorted(versions, key=lambda version: [int(part) for part in version.split(".")])[::-1]


def test_pre_commit_runs_what_lint_runs():
    """Hooks are local, and run the same programs of .venv as `make lint`."""
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    lint = (ROOT / "Makefile").read_text().split("\nlint:")[1].split("\n\n")[0]
    assert re.findall(r"repo: (.*)", hooks) == ["local"]
    for program in ("ruff check", "ruff format --check", "pyright"):
        assert f"/{program}" in lint and f".venv/bin/{program}" in hooks, program


def test_a_rule_names_every_file_that_breaks_it():
    """The check itself: one failure does not hide another."""

    def check(path):
        assert path.suffix == ".md", "is no document"

    each_file([ROOT / "README.md"])(check)()
    with pytest.raises(AssertionError, match=r"2 files:\napp.py: is no(.|\n)*\nMakefile: is no"):
        each_file([ROOT / "app.py", ROOT / "README.md", ROOT / "Makefile"])(check)()
    with pytest.raises(AssertionError, match="no files"):
        each_file([])(check)()
