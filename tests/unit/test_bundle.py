"""Rules for how the page's modules are joined into scripts."""

import re

import pytest

from trio_chat.web.assets import COMMENT, SCRIPTS, static_files
from trio_chat.web.bundle import BundleError, Bundler

BOOT, MAIN = FIRST = ("boot.js", "main.js")
USE_BOOT = 'import { page } from "./boot.js";\n'
HERE = "export const page = 1;\n"


def scripts(**texts: str) -> dict[str, str]:
    """Return the scripts of modules, by their paths; ``boot`` and ``main`` are given, or empty."""
    modules = {"boot": HERE, "main": USE_BOOT} | texts
    return Bundler({f"{name}.js": text for name, text in modules.items()}, FIRST).scripts()


def inside(script: str) -> list[str]:
    """Return the names of the modules in a script, in the order in which they run."""
    return re.findall(r"^// (\S+)$", script, re.MULTILINE)


def test_a_module_runs_after_all_that_it_needs() -> None:
    """Each is in one script, so it runs once; the first script has all that it needs, too."""
    found = scripts(
        boot='import { a } from "./a.js";\n' + HERE,
        main=USE_BOOT + 'import { b } from "./b.js";\nimport { a } from "./a.js";\n',
        a="export const a = 1;\n",
        b='import { c } from "./c.js";\nexport const b = c;\n',
        c='import { a } from "./a.js";\nexport const c = a;\n',
    )
    assert {name: inside(script) for name, script in found.items()} == {
        BOOT: ["a.js", BOOT],
        MAIN: ["c.js", "b.js", MAIN],
    }
    assert 'from "./boot.js"' in found[MAIN]


def test_a_part_has_only_what_is_not_there_when_it_is_asked_for() -> None:
    """What a part's own parts need and the part has is there, as well."""
    found = scripts(
        main=USE_BOOT + 'import { a } from "./a.js";\nimport("./part.js");\n',
        a="export const a = 1;\n",
        part='import { a } from "./a.js";\nimport { b } from "./b.js";\nimport("./inner.js");\n',
        b="export const b = 1;\n",
        inner='import { b } from "./b.js";\nimport { a } from "./a.js";\n',
    )
    assert {name: inside(script) for name, script in found.items()} == {
        BOOT: [BOOT],
        MAIN: ["a.js", MAIN],
        "part.js": ["b.js", "part.js"],
        "inner.js": ["inner.js"],
    }
    # A script that waits for a part must not be waited for by it.
    assert "from" not in found["part.js"] + found["inner.js"]


def test_what_several_parts_need_is_a_script_of_its_own() -> None:
    """Both import it, so it is the same for both; so is a part that another one needs."""
    found = scripts(
        main=USE_BOOT + 'import("./one.js");\nimport("./two.js");\nimport("./three.js");\n',
        one='import { a } from "./a.js";\nimport { three } from "./three.js";\n',
        two='import { a } from "./a.js";\n',
        three="export const three = 3;\n",
        a="export const a = 1;\n",
    )
    assert inside(found["a.js"]) == ["a.js"]
    assert inside(found["three.js"]) == ["three.js"]
    for name, needed in (("one.js", ["three.js", "a.js"]), ("two.js", ["a.js"])):
        assert inside(found[name]) == [name]
        assert re.findall(r'from "\./(.+)";$', found[name], re.MULTILINE) == needed
        assert found[name].count("($modules, $use)") == 1 + len(needed)


def test_a_part_that_may_be_asked_for_early_relies_on_nothing_later() -> None:
    """Whoever asks for it first may be without what others have."""
    found = scripts(
        main=USE_BOOT + 'import("./one.js");\nimport("./two.js");\n',
        one='import { a } from "./a.js";\nimport("./two.js");\n',
        two='import { a } from "./a.js";\n',
        a="export const a = 1;\n",
    )
    assert inside(found["a.js"]) == ["a.js"]


def test_what_nobody_imports_is_in_no_script() -> None:
    """A module that is left over costs no visitor anything."""
    assert scripts(left="export const left = 1;\n").keys() == {BOOT, MAIN}


def test_names_addresses_and_lines_stay_what_they_are() -> None:
    """An error's line is as far below the module's name as it is below the top of its file."""
    texts = {
        "js/boot.js": HERE + "export const other = 2;\n",
        "js/main.js": 'import { page as first, other } from "./boot.js";\nimport "./side.js";\n\n'
        'const part = import("./log/part.js");\n',
        "js/side.js": "globalThis.side = 1;\n",
        "js/log/part.js": "export async function go() {\n  return import.meta.url;\n}\n"
        "export class Log {}\nexport function end() {}\n",
    }
    found = Bundler(texts, ("js/boot.js", "js/main.js")).scripts()
    main = found["js/main.js"].partition("// js/main.js\n")[2].splitlines()
    assert main == [
        '$modules["js/main.js"] = await (async () => {',
        'const { page: first, other } = $modules["js/boot.js"];',
        "",
        "",
        'const part = import("./log/part.js").then($use);',
        "",
        "return {  };",
        "})();",
    ]
    part = found["js/log/part.js"]
    assert 'return new URL("./part.js", import.meta.url);' in part
    assert "\nasync function go() {" in part
    assert "return { go, Log, end };" in part
    assert part.endswith('return $modules["js/log/part.js"];\n}\n')


@pytest.mark.parametrize(
    "text",
    [
        "export let a = 1;",  # the others would keep its first value
        "export var a = 1;",
        "export default 1;",
        "export const { a } = {};",
        "export const a$ = 1;",
        "export function* a() {}",
        "export { a };",
        'export * from "./boot.js";',
        'export { page } from "./boot.js";',
        'import page from "./boot.js";',
        'import * as boot from "./boot.js";',
        "import { page } from './boot.js';",
        'import { page } from "./boot.js"',
        'import { page, } from "./boot.js";',
        'import {\n  page,\n} from "./boot.js";',
        'import { page } from "elsewhere";',
        'import { page } from "./boot.js"; go();',
        '  import { page } from "./boot.js";',
        "go(); export const a = 1;",
        "if (a) {} export const b = 1;",
        "import(name);",
        "import(`./${name}.js`);",
        "import('./boot.js');",
        'import("./boot.js", { with: {} });',
        'import("elsewhere");',
        "import.meta.resolve(name);",
        "import.meta.urls;",
        "const $modules = 1;",
        "$use();",
        'go();\nimport { page } from "./boot.js";',
    ],
)
def test_what_is_not_understood_is_refused(text: str) -> None:
    """A server that does not start is better than a page that does something else."""
    with pytest.raises(BundleError, match=r"^main\.js has "):
        scripts(main=text + "\n")


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ({"main": 'import { a } from "./no.js";\n'}, "main.js imports no.js, which is not there"),
        ({"main": 'import("./no.js");\n'}, "main.js imports no.js, which is not there"),
        (
            {"main": 'import { a } from "./boot.js";\n'},
            "main.js imports a, which boot.js does not export",
        ),
        (
            {"main": 'import "./a.js";\n', "a": 'import "./b.js";\n', "b": 'import "./a.js";\n'},
            "a.js needs itself, by b.js",
        ),
        (
            {"main": 'import "./a.js";\nimport("./a.js");\n', "a": ""},
            "a.js is imported later although it is there",
        ),
    ],
)
def test_what_cannot_work_is_refused(texts: dict[str, str], reason: str) -> None:
    """A typing error or a circle among the modules is told when the server starts."""
    with pytest.raises(BundleError, match=re.escape(reason)):
        scripts(**texts)


def test_every_module_of_the_page_is_in_one_script() -> None:
    """So all of them are written as the joining needs it, and none is left over."""
    folder = static_files()
    texts = {
        path.relative_to(folder).as_posix(): COMMENT.sub(b"", path.read_bytes()).decode()
        for path in folder.glob("js/**/*.js")
    }
    boot, main = SCRIPTS
    found = Bundler(texts, (boot, main)).scripts()
    assert sorted(name for script in found.values() for name in inside(script)) == sorted(texts)
