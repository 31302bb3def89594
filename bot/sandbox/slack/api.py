"""
The Web API over the wire: tokens, scopes, rates, arguments, and the JSON of answers and errors. No network.

Source: docs.slack.dev/apis/web-api and /rate-limits (read 2026-11).
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from bot.sandbox.faults import Answer, Fail
from bot.sandbox.limit import SlidingWindow
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.methods import METHODS, need

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.sandbox.door import Call
    from bot.sandbox.slack.respond import ResponseUrls
    from bot.sandbox.slack.workspace import Json, Workspace

SHOWN = (
    *("channel", "user", "ts", "message_ts", "thread_ts", "reply_broadcast", "user_id", "users", "limit"),
    "include_all_metadata",
)


class Api:
    """
    Answers calls to `/api/<method>` and to response URLs.

    `per_second` is the rate of posts in one channel; `per_minute` holds one window for each method, and a window's
    `most` may be raised by a test that is about something else.
    """

    def __init__(
        self,
        workspace: Workspace,
        urls: ResponseUrls,
        *,
        bot_token: str,
        app_token: str,
        socket_url: Callable[[], str],
    ) -> None:
        self._workspace = workspace
        self._urls = urls
        self._bot_token = bot_token
        self._app_token = app_token
        self._socket_url = socket_url
        self.per_second = SlidingWindow(1)
        self.per_minute = {
            name: SlidingWindow(method.per_minute, 60.0) for name, method in METHODS.items() if method.per_minute
        }

    @staticmethod
    def label(call: Call) -> tuple[str, Mapping[str, str]]:
        """Name a call for faults and the ledger: the method, or `response_url`."""
        if not call.path.startswith("/api/"):
            return "response_url", {"path": call.path}
        args = _args(call)
        return call.path.removeprefix("/api/"), {name: str(args[name]) for name in SHOWN if args.get(name)}

    def answer(self, call: Call) -> Answer:
        """Do what a call asks."""
        if not call.path.startswith("/api/"):
            return self._respond(call)
        try:
            return self._run(call.path.removeprefix("/api/"), call, _args(call))
        except SlackError as refused:
            return _error(refused.code, messages=refused.messages, extra=refused.extra)

    def _run(self, name: str, call: Call, args: Json) -> Answer:
        if name == "apps.connections.open":
            self._check_token(call, args, self._app_token)
            return _ok({"url": self._socket_url()})
        method = METHODS.get(name)
        if method is None:
            raise SlackError("unknown_method")
        self._check_token(call, args, self._bot_token)
        need(self._workspace, method.scope)
        early_s = self._too_early_s(name, args, call.tick)
        if early_s:
            return _error("ratelimited", status=429, retry_after_s=math.ceil(early_s))
        return _ok(method.run(self._workspace, args), scopes=self._workspace.scopes)

    @staticmethod
    def fail(fault: Fail, _call: Call) -> Answer:
        """Put a planned error into Slack's form: 200 and a code, but 429 for `ratelimited`."""
        status = fault.status or (429 if fault.code == "ratelimited" else 200)
        retry_after = None if fault.retry_after is None else math.ceil(fault.retry_after.total_seconds())
        return _error(fault.code, status=status, retry_after_s=retry_after or (1 if status == 429 else None))

    def _respond(self, call: Call) -> Answer:
        try:
            body = json.loads(call.body)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return _plain("invalid_payload", status=400)
        try:
            self._urls.take(call.path, body)
        except SlackError as refused:
            if refused.code in {"used_url", "expired_url", "invalid_url"}:
                return _error(refused.code, status=404)
            return _plain(refused.code, status=400)
        return _plain("ok")

    def _check_token(self, call: Call, args: Mapping[str, Any], wanted: str) -> None:
        token = call.headers.get("authorization", "").removeprefix("Bearer ").strip() or str(args.get("token", ""))
        if not token:
            raise SlackError("not_authed")
        if token not in {self._bot_token, self._app_token}:
            raise SlackError("invalid_auth")
        if token != wanted:
            raise SlackError("not_allowed_token_type")

    def _too_early_s(self, name: str, args: Mapping[str, Any], tick: float) -> float:
        if name == "chat.postMessage" and (early := self.per_second.admit(str(args.get("channel")), tick)):
            return early
        window = self.per_minute.get(name)
        return window.admit(name, tick) if window else 0.0


def _args(call: Call) -> Json:
    """Read a method's arguments: from the query, a form, or JSON; structures may come as JSON text."""
    args: Json = dict(parse_qsl(call.query, keep_blank_values=True))
    kind = call.headers.get("content-type", "").partition(";")[0].strip()
    if kind == "application/json":
        try:
            sent = json.loads(call.body or b"{}")
        except ValueError:
            return args
        return args | sent if isinstance(sent, dict) else args
    args |= dict(parse_qsl(call.body.decode(errors="replace"), keep_blank_values=True))
    if isinstance(args.get("view"), str):
        try:
            args["view"] = json.loads(args["view"])
        except ValueError:
            args["view"] = None
    return args


def _ok(body: Json, scopes: set[str] | None = None) -> Answer:
    headers = {"x-oauth-scopes": ",".join(sorted(scopes))} if scopes is not None else {}
    return Answer(body=json.dumps({"ok": True, **body}).encode(), headers=headers)


def _plain(said: str, *, status: int = 200) -> Answer:
    return Answer(status=status, body=said.encode(), content_type="text/plain", verdict=said)


def _error(
    code: str,
    *,
    status: int = 200,
    retry_after_s: int | None = None,
    messages: tuple[str, ...] = (),
    extra: Mapping[str, str] | None = None,
) -> Answer:
    body: Json = {"ok": False, "error": code, **(extra or {})}
    if messages:
        body["response_metadata"] = {"messages": list(messages)}
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return Answer(status=status, body=json.dumps(body).encode(), headers=headers, verdict=code)
