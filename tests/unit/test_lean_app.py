"""The app does around a request what Quart does, as far as this project uses it."""

from quart import abort, request
from quart_trio import QuartTrio

from trio_chat.web.lean_app import LeanApp


async def asked(app: QuartTrio, path: str, method: str = "GET") -> tuple[int, bytes]:
    """Return the status and the body of an answer."""
    answer = await app.test_client().open(path, method=method, json=None)
    return answer.status_code, await answer.get_data(as_text=False)


async def test_a_check_may_answer_instead_of_the_view() -> None:
    """Later checks are not asked then; what comes behind each answer comes."""
    app = LeanApp("test")
    order: list[str] = []

    async def check() -> str | None:
        order.append("check")
        return "stop" if request.path == "/stop" else None

    async def again() -> None:
        order.append("again")

    async def finish(response: object) -> object:
        order.append("finish")
        return response

    @app.get("/<path:name>")
    async def view(name: str) -> str:
        order.append(name)
        return name

    app.before_request(check)
    app.before_request(again)
    app.after_request(finish)
    assert await asked(app, "/go") == (200, b"go")
    assert await asked(app, "/stop") == (200, b"stop")
    assert order == ["check", "again", "go", "finish", "check", "finish"]


async def test_what_is_wrong_has_the_status_of_quart() -> None:
    """A path without a rule, another method, what the view refuses, and a bug."""
    app = LeanApp("test")
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/<int:status>")
    async def view(status: int) -> str:
        if status == 0:
            raise RuntimeError("a bug")
        return abort(status)

    assert [(await asked(app, f"/{path}"))[0] for path in ("a", "418", "0")] == [404, 418, 500]
    assert (await asked(app, "/418", "POST"))[0] == 405
    assert (await asked(app, "/418", "OPTIONS"))[0] == 200
    with_context = app.app_context()  # such as Quart's own commands make
    assert with_context.url_adapter is None
