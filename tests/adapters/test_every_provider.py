"""
What holds for every provider; a new one brings recorded replies and no test code.

A recorded reply is a file `tests/adapters/<provider>/replies/<http status>-<outcome>[-<detail>].json`:

    <http status>   three digits: the status of the reply, of the last one where there are several
    <outcome>       what the conversation must make of it: a `TaskState` in lower case (`running`, `not_found`), an error
                    class of `adapters/errors.py` in snake case (`throttled`, `bad_credentials`), or `listing`
    <detail>        free, `[a-z0-9_]+`, to tell files apart

Several steps (pages of a list) are a folder of that name without `.json`, with `1-<http status>.json`, `2-…` in it.

A file is one JSON object:

    source          where it is from. Begins with "vendor" when the vendor published it ("vendor page <address>, sample";
                    "vendor's example values, <where>"), else with "made from" and says so:
                    "made from facts table row Throttling, not seen from the vendor"
    headers         lower-case names → text; `{}` when nothing but the body matters
    body            a JSON value, sent as JSON; a text is sent as that text, for what is no JSON
    asks            optional, in the first step: "listing" walks the list; without it one task is asked for. A file whose
                    outcome is `listing` always walks the list.
    means           optional, in the last step: more that must be true of the result, attribute by attribute
                    (`{"reason": "PullStreamFailed", "plan": {"end": "2026-11-21T12:00:00Z"}}`). Times are ISO 8601 UTC,
                    durations seconds, states their upper-case words. `tasks` of a listing must name every task, each
                    with what must be true of it: `{"tasks": {"t-1": {"state": "RUNNING"}}, "total": 1}`. Of an error:
                    `code`, `request_id`, `detail`, `action`, `retry_after`, `server_at`.

The question asks for the task `t-1` in the first configured region; the reply arrives at 2026-11-21T02:00:00Z. Accounts
are made from the settings' own examples, with planted secrets: see `recorded.py`.
"""
