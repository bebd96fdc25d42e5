"""The laws of names: one place for each, and the words of the field."""

import ast
import re
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "workbench"
# Past participles and metaphors that say nothing about what a value is.
NO_NAMES = set(["away", "desk", "errand", "knobs", "purse", "shelf", "spot", "visitor", "wonder"]) | set(
    ["asked", "found", "given", "joined", "lost", "said", "seen", "told", "turned", "wished", "written"]
)


def trees() -> dict[str, ast.Module]:
    """Module -> its syntax."""
    return {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


def top_level_names(tree: ast.Module) -> set[str]:
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        for target in node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []:
            names |= {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
    return names


def test_no_name_is_defined_twice() -> None:
    """A public name at the top of a module stands in no other module: whoever looks for it finds one place."""
    places = defaultdict(list)
    for module, tree in trees().items():
        for name in top_level_names(tree):
            if not name.startswith("_"):
                places[name].append(module)
    assert {name: modules for name, modules in places.items() if len(modules) > 1} == {}


def test_names_are_words_of_the_field() -> None:
    """No function, class, parameter or variable is called by a word of NO_NAMES."""
    wrong = []
    for module, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = node.name
            elif isinstance(node, ast.arg):
                name = node.arg
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                name = node.id
            else:
                continue
            words = set(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_"))
            wrong += [f"{module}:{node.lineno} {name}"] * bool(words & NO_NAMES)
    assert wrong == []
