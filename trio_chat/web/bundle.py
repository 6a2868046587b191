"""Joins the page's modules into a few scripts, so that a browser asks for few and runs few."""

import re
from collections.abc import Iterator
from itertools import chain
from posixpath import dirname, normpath, relpath
from posixpath import join as join_path
from typing import NamedTuple

from trio_chat.errors import Failed

# All that a module may have of these words, each in a line of its own; comments are gone by then.
IMPORT = re.compile(
    r'^import \{ (\w+(?: as \w+)?(?:, \w+(?: as \w+)?)*) \} from "(\.[^"]+)";$', re.MULTILINE
)
BARE_IMPORT = re.compile(r'^import "(\.[^"]+)";$', re.MULTILINE)
EXPORT = re.compile(
    r"^export (?=(?:async function|function|class|const) (\w+)(?![\w$]))", re.MULTILINE
)
# What may not be in front is looked for behind the word, as a word is found fastest.
LATER = re.compile(r'import(?<![\w.]import)\("(\.[^"]+)"\)')
ADDRESS = re.compile(r"import(?<![\w.]import)\.meta\.url\b")
# What must not be left of them. In a text one may be after other words, as in "you may import".
WORDS = ("import", "export", "$modules", "$use")  # without these there is nothing left
LEFT = re.compile(
    r"(?:^|[;}])\s*(?:import|export)\b|\bimport\s*[(.]|\$(?:modules|use)\b", re.MULTILINE
)

FIRST = """\
const $modules = {};
const $use = ({ define }) => define($modules, $use);
export { $modules, $use };
"""
SECOND = """\
import { $modules, $use } from "%s";
"""
# A part imports none of the first two, as these may be waiting for it.
PART = """\
%slet made;
export const define = (...shared) => (made ??= evaluate(...shared));
async function evaluate($modules, $use) {
await Promise.all([%s]);
%sreturn $modules["%s"];
}
"""
MODULE = """\
// %s
$modules["%s"] = await (async () => {
%s
return { %s };
})();
"""


class BundleError(Failed):
    """A module has what cannot be joined; the message names the module."""


class Module(NamedTuple):
    """One module: what it imports before it runs, what it may import later, and its own names."""

    text: str
    imports: tuple[tuple[str, tuple[str, ...]], ...]  # a module, and names of it
    later: tuple[str, ...]
    exports: tuple[str, ...]


class Bundler:
    """Says which scripts there are, which modules are in which, and what is in a script.

    Each script has the path of the module that is asked for, and all modules that nobody has who
    asks for it; each module is in one script, so it runs once. What two scripts need that may be
    there without the other is a script of its own, which both import.

    Args:
        texts: All modules without comments, by their paths.
        first: The two scripts of the page, in the order in which they run.

    Raises:
        BundleError: a module has what is not understood, or imports what there is not.
    """

    def __init__(self, texts: dict[str, str], first: tuple[str, str]) -> None:
        self._modules = {name: _read(name, text) for name, text in texts.items()}
        self._first = first
        for name in self._modules:
            self._check(name)
        self._closures = {name: self._ordered(name) for name in self._modules}
        self._there = self._find_there()
        self._contents = self._place()

    def scripts(self) -> dict[str, str]:
        """Return each script by its path."""
        return {name: self._write(name) for name in self._contents}

    def _check(self, name: str) -> None:
        """Check that all that a module imports is there."""
        module = self._modules[name]
        for other in chain((other for other, _ in module.imports), module.later):
            if other not in self._modules:
                raise BundleError(f"{name} imports {other}, which is not there")
        for other, names in module.imports:
            for one in names:
                if one not in self._modules[other].exports:
                    raise BundleError(f"{name} imports {one}, which {other} does not export")

    def _ordered(self, name: str) -> tuple[str, ...]:
        """Return a module and all that it needs, each after what itself needs."""
        ordered: dict[str, None] = {}

        def visit(one: str, above: tuple[str, ...]) -> None:
            if one in above:
                raise BundleError(f"{one} needs itself, by {above[-1]}")
            for other, _ in self._modules[one].imports:
                if other not in ordered:
                    visit(other, (*above, one))
            ordered[one] = None

        visit(name, ())
        return tuple(ordered)

    def _find_there(self) -> dict[str, set[str]]:
        """Return for each script what is surely there when it is asked for.

        That is what is there for all who may ask for it, and what these bring. Parts may ask for
        each other, so one begins with everything, and takes away until nothing changes.
        """
        boot, main = self._first
        askers: dict[str, set[str]] = {boot: set(), main: {boot}}
        for script in (found := [boot, main]):  # which grows meanwhile
            for module in self._closures[script]:
                for part in self._modules[module].later:
                    askers.setdefault(part, set()).add(script)
                    found += [part] if part not in found else []
        there = {script: set(self._modules) for script in found} | {boot: set()}
        before: dict[str, set[str]] = {}
        while before != there:
            before = dict(there)
            for script in found[1:]:
                ways = (before[asker] | {*self._closures[asker]} for asker in askers[script])
                there[script] = set.intersection(*ways)
        return there

    def _place(self) -> dict[str, list[str]]:
        """Return the modules of each script, in the order in which they run."""
        owners: dict[str, list[str]] = {}
        for script, there in self._there.items():
            if script in there:
                raise BundleError(f"{script} is imported later although it is there")
            for module in self._closures[script]:
                if module not in there:
                    owners.setdefault(module, []).append(script)
        places = {script: script for script in self._there}
        for module, scripts in owners.items():
            places.setdefault(module, scripts[0] if len(scripts) == 1 else module)
            ways = (self._there[script] for script in scripts)
            self._there.setdefault(places[module], set.intersection(*ways))
        return {
            script: [one for one in self._closures[script] if places.get(one) == script]
            for script in dict.fromkeys(places.values())
        }

    def _write(self, script: str) -> str:
        boot, main = self._first
        content = "".join(self._wrap(name, script) for name in self._contents[script])
        if script == boot:
            return FIRST + content
        if script == main:
            return SECOND % _path(boot, script) + content
        needed = list(self._needed(script))
        heads = (
            f'import {{ define as define{number} }} from "{_path(other, script)}";\n'
            for number, other in enumerate(needed)
        )
        calls = ", ".join(f"define{number}($modules, $use)" for number in range(len(needed)))
        return PART % ("".join(heads), calls, content, script)

    def _needed(self, script: str) -> Iterator[str]:
        """Yield the other scripts that a part needs and that may not be there."""
        there = self._there[script]
        needed = {*chain.from_iterable(self._closures[one] for one in self._contents[script])}
        for other, modules in self._contents.items():
            if other != script and (needed & {*modules}) - there:
                yield other

    def _wrap(self, name: str, script: str) -> str:
        """Return a module as a part of a script, as many lines below its name as in its file."""
        module = self._modules[name]

        def bind(found: re.Match[str]) -> str:
            names = found[1].replace(" as ", ": ")
            return f'const {{ {names} }} = $modules["{_path_of(name, found[2])}"];'

        def ask(found: re.Match[str]) -> str:
            return f'import("{_path(_path_of(name, found[1]), script)}").then($use)'

        text = IMPORT.sub(bind, BARE_IMPORT.sub("", EXPORT.sub("", module.text)))
        text = LATER.sub(ask, text)
        text = ADDRESS.sub(f'new URL("{_path(name, script)}", import.meta.url)', text)
        return MODULE % (name, name, text, ", ".join(module.exports))


def _read(name: str, text: str) -> Module:
    """Take a module apart.

    Raises:
        BundleError: there is more in it than is understood.
    """
    rest = text
    heads = [line.startswith("import ") for line in text.splitlines() if line]
    if heads != sorted(heads, reverse=True):
        raise BundleError(f"{name} has code before an import")
    for known in (IMPORT, BARE_IMPORT, EXPORT, LATER, ADDRESS):
        rest = known.sub("", rest)
    has_words = any(word in rest for word in WORDS)  # which is found out much faster
    if left := has_words and LEFT.search(rest):
        begin, end = rest.rfind("\n", 0, left.end()) + 1, rest.find("\n", left.end())
        line = rest[begin : end if end >= 0 else None]
        raise BundleError(f"{name} has what cannot be joined: {line.strip()}")
    imports = [
        (_path_of(name, path), tuple(one.split()[0] for one in names.split(", ")))
        for names, path in IMPORT.findall(text)
    ]
    bare = [(_path_of(name, path), ()) for path in BARE_IMPORT.findall(text)]
    later = (_path_of(name, path) for path in LATER.findall(text))
    return Module(text, (*bare, *imports), tuple(later), tuple(EXPORT.findall(text)))


def _path_of(name: str, path: str) -> str:
    """Return the path of what a module imports by ``path``."""
    return normpath(join_path(dirname(name), path))


def _path(name: str, script: str) -> str:
    """Return how a script imports a file."""
    path = relpath(name, dirname(script))
    return path if path.startswith(".") else f"./{path}"
