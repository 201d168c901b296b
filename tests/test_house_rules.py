from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "pages").glob("*.py"))
LIBRARY = sorted((ROOT / "studio").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PYTHON = [ROOT / "app.py", *PAGES, *LIBRARY, *TESTS]
SCRIPTS = sorted((ROOT / "studio").rglob("*.js")) + sorted((ROOT / "studio").rglob("*.css"))

PAGE_MAY_IMPORT = ("__future__", "streamlit", "studio.ui", "studio.services", "studio.core")
PAGE_MAY_IMPORT_FOR_ARGUMENTS = ("dataclasses", "datetime", "functools", "typing")
FORBIDDEN_NAMES = ("utils", "util", "helpers", "common", "misc", "manager")
MARKED_UP = re.compile(r"</?(div|span|p|style|script|table|ul|li|mark|svg)\b[^>]*>")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported_by(tree: ast.Module) -> list[str]:
    nodes = list(ast.walk(tree))
    modules = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return modules + [n.name for node in nodes if isinstance(node, ast.Import) for n in node.names]


def words_of(tree: ast.Module) -> list[str]:
    nodes = ast.walk(tree)
    return [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_page_imports_only_ui_services_and_nouns(path: Path) -> None:
    allowed = PAGE_MAY_IMPORT + PAGE_MAY_IMPORT_FOR_ARGUMENTS
    strangers = [m for m in imported_by(tree_of(path)) if not m.startswith(allowed)]
    assert strangers == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_page_defines_nothing_but_fragments_and_dialogs(path: Path) -> None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    defined = [node for node in tree_of(path).body if isinstance(node, kinds)]
    assert [node.name for node in defined if not node.decorator_list] == []
    assert [node.name for node in defined if isinstance(node, ast.ClassDef)] == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_page_opens_its_frame(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert f'open_page(\n    "{path.stem}"' in source or f'open_page("{path.stem}"' in source


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_widget_keys_of_a_page_begin_with_its_name(path: Path) -> None:
    calls = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    # A key that is bound to the address is what people read there, so it is a plain word.
    inside = [call for call in calls if not is_bound_to_address(call)]
    given = [word.value for call in inside for word in call.keywords if word.arg == "key"]
    keys = [beginning_of(node) for node in given]
    assert [key for key in keys if key is not None and not key.startswith(f"{path.stem}.")] == []


def is_bound_to_address(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return name == "page_turner" or any(word.arg == "bind" for word in call.keywords)


def beginning_of(node: ast.expr) -> str | None:
    """Return a string's text, or an f-string's text before its first value; else None."""
    if isinstance(node, ast.JoinedStr):
        node = node.values[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_page_has_at_most_one_primary_button_in_a_row_of_code(path: Path) -> None:
    calls = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    primary = [
        call
        for call in calls
        for word in call.keywords
        if word.arg == "type"
        and isinstance(word.value, ast.Constant)
        and word.value.value == "primary"
    ]
    assert len(primary) <= 1


def test_page_is_short() -> None:
    long = {name_of(path): n for path in PAGES if (n := n_lines(path)) > 150}
    assert long == {}


def test_launcher_is_short() -> None:
    assert n_lines(ROOT / "app.py") <= 60


def test_file_is_short() -> None:
    long = {name_of(path): n for path in [*PYTHON, *SCRIPTS] if (n := n_lines(path)) > 400}
    assert long == {}


def n_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_html_is_made_in_one_file() -> None:
    allowed = {ROOT / "studio" / "ui" / "html.py"}
    # A component's own mount point holds no text.
    components = set((ROOT / "studio" / "ui" / "components").glob("*.py"))
    drawing = [p for p in [*PAGES, *(ROOT / "studio" / "ui").rglob("*.py")] if p not in allowed]
    found = [
        name_of(path)
        for path in drawing
        if path not in components
        and any(MARKED_UP.search(word) for word in words_of(tree_of(path)))
    ]
    assert found == []


def test_no_page_or_part_of_the_interface_allows_unsafe_html() -> None:
    for path in [*PAGES, *(ROOT / "studio" / "ui").rglob("*.py")]:
        assert "unsafe_allow" not in path.read_text(encoding="utf-8"), name_of(path)


def test_script_of_a_component_puts_text_on_the_page_as_text() -> None:
    for path in SCRIPTS:
        source = path.read_text(encoding="utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in source, f"{name_of(path)} uses {word}"


def test_nothing_is_fetched_from_elsewhere() -> None:
    for path in [*SCRIPTS, ROOT / ".streamlit" / "config.toml"]:
        assert "//" not in re.sub(r"^\s*//.*$", "", path.read_text("utf-8"), flags=re.M).replace(
            "/* //", ""
        ), name_of(path)


def test_module_names_say_what_they_hold() -> None:
    assert [name_of(path) for path in [*PAGES, *LIBRARY] if path.stem in FORBIDDEN_NAMES] == []


@pytest.mark.parametrize("path", LIBRARY, ids=name_of)
def test_function_takes_at_most_four_positional_arguments(path: Path) -> None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [node for node in ast.walk(tree_of(path)) if isinstance(node, kinds)]
    assert [f"{f.name}, line {f.lineno}" for f in functions if n_positional(f) > 4] == []


def n_positional(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    names = [a.arg for a in [*function.args.posonlyargs, *function.args.args]]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    marks = re.compile(r"pytest\.(mark\.)?(skip|skipif|xfail|importorskip)\b")
    here = Path(__file__)
    found = [name_of(p) for p in TESTS if p != here and marks.search(p.read_text("utf-8"))]
    assert found == []


def test_nothing_is_left_to_do_in_a_comment() -> None:
    word = "TO" + "DO"
    assert [name_of(path) for path in PYTHON if word in path.read_text("utf-8")] == []


def test_every_page_is_in_the_navigation() -> None:
    from studio.ui import navigation

    assert sorted(page.key for page in navigation.entries()) == [path.stem for path in PAGES]


def test_entry_script_has_no_pages_folder_beside_it() -> None:
    # Streamlit would run those pages by their address before the entry script ever ran.
    assert not (ROOT / "studio" / "ui" / "pages").exists()
