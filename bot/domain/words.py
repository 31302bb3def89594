"""
Every word that people read, in one place, so that a second language is a second table and touches no logic.

`say("key", name=value)` fills a sentence. A test holds that each key used anywhere is here with the same placeholders,
and that nothing here is unused.

Values are put in as they are: whoever shows the result in Slack's mrkdwn escapes what came from outside *before*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ENGLISH: Final[Mapping[str, str]] = {
    # ── states: what a person reads, and a sign that needs no colour ──
    "state.NOT_STARTED": "NOT STARTED",
    "state.RUNNING": "RUNNING",
    "state.RETRYING": "RETRYING",
    "state.STOPPED": "STOPPED",
    "state.ENDED": "ENDED",
    "state.NOT_FOUND": "NOT FOUND",
    "state.UNKNOWN": "UNKNOWN",
    "sign.NOT_STARTED": "○",
    "sign.RUNNING": "✓",
    "sign.RETRYING": "▲",
    "sign.STOPPED": "■",
    "sign.ENDED": "□",
    "sign.NOT_FOUND": "∅",
    "sign.UNKNOWN": "?",
    # ── what a state means, one sentence under the title ──
    "means.NOT_STARTED": "Its start time has not come yet.",
    "means.NOT_STARTED.start_missed": "Its start time has passed and it does not run.",
    "means.RUNNING": "It pulls and pushes.",
    "means.RUNNING.tencent": "The cloud holds the task open. That does not prove that media flows.",
    "means.RETRYING": "It fails, and the cloud is trying again by itself.",
    "means.STOPPED": "It is down and stays down until somebody restarts it.",
    "means.STOPPED.stopped_by_a_person": "Somebody stopped it, in the console or through the API.",
    "means.STOPPED.unexplained": "It is down. The cloud gives no reason: the retries ran out, or somebody stopped it.",
    "means.ENDED": "It is over; this id cannot be restarted.",
    "means.ENDED.ended_early": "It is over before its planned end; this id cannot be restarted.",
    "means.UNKNOWN": "The cloud uses a word that is new to me, below as it came. Its console may know more.",
    "means.NOT_FOUND": "It ended, or the id, the name or the region is wrong.",
    "means.NOT_FOUND.tencent": "It ended, or the id, the name, the region or the SdkAppId is wrong.",
    # ── what a lock screen adds where the state alone sounds harmless ──
    "alarm.start_missed": "should have started",
    "alarm.ended_early": "before its time",
    # ── the cloud's reasons ──
    "reason.PullStreamFailed": "the source cannot be pulled",
    "reason.PushStreamFailed": "the destination does not take the push",
    "reason.UnknownError": "the cloud does not know why",
    "reason.TriggerByUser": "a person or a program asked for it",
    "reason.RetryTimesOffline": "its retries are used up",
    "reason.OverEndTime": "its planned end was reached",
    # ── the card's labels ──
    "card.why": "Why",
    "card.since": "Since",
    "card.since.at_least": "at least {when}",
    "card.plan": "Plan",
    "card.plan.none": "none that the cloud knows of",
    "card.plan.open": "open",
    "card.progress": "Progress",
    "card.progress.file": "file {file} of {files}",
    "card.progress.file.alone": "file {file}",
    "card.progress.offset": "{offset} in",
    "card.retries": "Retries",
    "card.retry": "{count} × {interval}, then the cloud gives up",
    "card.where": "Where",
    "card.route": "Route",
    "card.ended": "Ended",
    "card.small": "{title} says {raw} · read {age}",
    "card.small.request": " · request {request}",
    "card.shared": "Shared by {user}",
    "age.now": "just now",
    "age.ago": "{age} ago",
    "button.refresh": "Refresh",
    "button.share": "Share to channel",
    "button.id": "Id",
    # ── several found, nothing found ──
    "found.several": "{count} tasks: {first}",
    "found.more": "More of that name: {count}. Name the account and the region, or give an id.",
    "absent.title": "NOT FOUND {task}",
    "absent.elsewhere": "No such task in: {places}.",
    "absent.asked": "Asked: {places}.",
    "absent.raw": "The cloud says {raw}.",
    "absent.mend": "Check the id for a missing character; “/relay accounts” shows where I ask.",
    "more.places": "More places without an answer: {count}.",
    # ── a cloud that did not answer ──
    "trouble.title": "No answer about {task}",
    "trouble.where": "{title}, account {account}, {region}",
    "trouble.code": "code {code}",
    "trouble.request": "request {request}",
    "error.BadCredentials": "{title} does not accept the key of account {account}.",
    "error.AccessDenied": "The key of account {account} may not read relay tasks at {title}.",
    "error.WrongRegion": "{title} does not serve this in {region} for account {account}.",
    "error.Rejected": "{title} does not take the question as it stands.",
    "error.Throttled": "{title} says that too many requests were made with the budget of account {account}.",
    "error.Unreachable": "{title} did not answer.",
    "error.ClockSkew": "This machine's clock and {title}'s differ too much.",
    "error.Unreadable": "{title} answered something that I cannot read.",
    "mend.BadCredentials": "An operator checks the key, its secret and its token: “relaybot doctor” says which.",
    "mend.AccessDenied": "An operator adds the right{action} to the key's policy; the README has it to paste.",
    "mend.AccessDenied.action": " {action}",
    "mend.WrongRegion": "Try another region, region=…; “/relay accounts” lists those that are set.",
    "mend.Rejected": "Check the id{sdk_app_id}. If all is right, tell the maintainers the code and the request id.",
    "mend.Rejected.sdk_app_id": " and the account's SdkAppId",
    "mend.Throttled": "Ask again in a minute. Other programs and the console spend the same budget.",
    "mend.Unreachable": "Nothing is known about the task now, neither good nor bad. Ask again in a minute.",
    "mend.ClockSkew": "An operator sets this machine's clock (NTP); “relaybot doctor” shows by how much it is off.",
    "mend.Unreadable": "Tell the maintainers the code, the shape and the request id; nothing secret is in them.",
    # ── waiting, limits, refusals ──
    "waiting": "Still waiting for {titles}, I will finish here.",
    "refused.guest": "Guests may only ask for help here. Ask a full member of this workspace.",
    "refused.stranger": "People of other workspaces may only ask for help here.",
    "refused.bot": "Bots may only ask for help here.",
    "refused.gone": "This account is switched off in Slack.",
    "refused.unknown": "Slack did not tell me who you are, so I ask nothing on your behalf. Try again in a minute.",
    "refused.not_in_channel": "I am not in this channel. Type /invite {bot} here, then share again.",
    "refused.shared_channel": "This channel is shared with another workspace, so I post nothing here.",
    "refused.not_invited": "I am not in this channel, so I can tell nothing here. Type /invite {bot}, then try again.",
    "refused.not_allowed_here": (
        "This channel is shared with another workspace. An admin may let me speak here: /relay settings."
    ),
    "refused.archived": "This channel is archived, so I could tell nothing here. Nothing was changed.",
    "refused.not_yours": "That is for admins, and for whoever subscribed it. Nothing was changed.",
    "refused.no_admin": "That is for admins. Nothing was changed.",
    "refused.too_long": "Members mute one task for two hours at most; admins, and whoever subscribed it, for longer.",
    "refused.other_channel": "This button belongs to another channel. Nothing was changed.",
    "refused.replayed": "That was done already. Nothing was changed.",
    "refused.stale": "This button was pressed already, or it is too old. Type /relay status … again.",
    "refused.too_often": "That is a lot of questions. Try again in {seconds} s; answers that I have cost nothing.",
    "refused.searching": "I am still searching every region for you. Name one (region=…) or wait for that answer.",
    "share.failed": "Slack did not take the post ({code}). Nothing was shared.",
    "share.unsure": "Slack did not say whether it took the post. Look at the channel before you share again.",
    "error.ours": "Something in me broke; it is in my log under {mark}. Nothing was changed. Please try again.",
    "heard.other_command": "I know only /relay, not {command}. Try: /relay help",
    # ── what somebody typed ──
    "typed.try": "Try: {command}",
    "typed.unknown_verb": "There is no command “{verb}”.",
    "typed.did_you_mean": "Did you mean {guess}?",
    "typed.too_long": "That is {length} characters; a command has at most {most}.",
    "typed.no_task": "Which task? I need its id.",
    "typed.spaces": (
        "I read {count} words after “{verb}”. An id has no spaces; put quotes around a name that has some."
    ),
    "typed.long_task": "A task id or name has at most {most} characters; this one has {length}.",
    "typed.unknown_option": "“{verb}” knows no option “{option}=”.",
    "typed.empty_option": "“{option}=” says nothing.",
    "typed.twice": "“{option}=” stands there twice.",
    "typed.too_many": "“{verb}” takes nothing after it.",
    "typed.unknown_account": "There is no account “{name}”. There {are}: {names}.",
    "typed.unknown_account.one": "is",
    "typed.unknown_account.many": "are",
    "typed.unknown_region": "Account {account} has no region “{region}”. It has: {regions}.",
    "typed.no_such_region": "No account has a region “{region}”. There {are}: {regions}.",
    "typed.bad_id": "“{task}” cannot be a task id of {title}.",
    "typed.bad_id.nobody": "“{task}” cannot be a task id of any account here.",
    "typed.no_account": "No cloud account is set up here. An operator runs “relaybot doctor”.",
    "typed.no_account_named": "Which account? “/relay accounts” lists them.",
    "typed.all_of_what": "All tasks of which account?",
    "typed.match_alone": "“match=” picks from all tasks of an account.",
    "typed.long_match": "A part of a name has at most {most} characters; this one has {length}.",
    "typed.until_all": "“until=” is one task's plan; all of an account's have none in common.",
    "typed.unknown_state": "There is no state “{state}”. There are: {states}.",
    "typed.bad_page": "“{page}” is no page; pages go from 1 to {most}.",
    "typed.no_name": "I need the task and the name that it shall have.",
    "typed.bad_name": "“{name}” cannot be a name: letters, digits, “.”, “_” and “-”, at most forty of them.",
    "typed.mute_until": "“until=” knows one word here, “recovery”; a length goes behind “for=”.",
    "typed.mute_both": "“for=” and “until=” say two things; one of them will do.",
    "typed.mute_all_until": "“until=recovery” waits for one task; all of an account's are muted for a length.",
    "typed.mute_from_until": "“from=” goes with “for=”: nobody knows what has to recover then.",
    "typed.bad_length": "“{typed}” is no length of time. I read 90m, 2h, 1d, 1h30m.",
    "typed.bad_moment": "“{typed}” is no time. I read 16:00, or 2026-11-21 16:00, in your own zone ({zone}).",
    "typed.past_moment": "{typed} is over already in your zone ({zone}).",
    "typed.no_such_moment": "{typed} does not exist in {zone}: the clocks skip it.",
    # ── help ──
    "help.intro": "I tell how relay tasks at {titles} are doing.",
    "help.intro.no_account": "I tell how relay tasks are doing. No cloud account may be asked from this channel.",
    "help.more": "More about one: {command}",
    "help.limited": "You may read this help; asking is for full members of this workspace.",
    "help.verb.status": "How is this task now? Account and region may be left out: I ask wherever it could be.",
    "help.verb.accounts": "The cloud accounts and regions that I can ask from here.",
    "help.verb.help": "This help, or more about one command.",
    "help.verb.debug": "What support needs: ids, versions, scopes, the last answers and errors. No secrets.",
    "help.example": "Example: {example}",
    "help.status.cdn": (
        "Tencent's relay-to-CDN tasks (StartPublishCdnStream) have no status that can be asked: they read as NOT FOUND."
    ),
    "help.mention": "In a thread, where Slack has no slash commands, mention me: {mention} status …",
    # ── accounts ──
    "accounts.title": "Accounts",
    "accounts.row": "*{name}* · {title} · {regions}",
    "accounts.row.pace": "{api}: {pace}/s of {documented}/s documented",
    "accounts.more": "More accounts: {count}.",
    "accounts.none": "No account may be asked from this channel.",
    # ── debug ──
    "debug.title": "relaybot {version}",
    "debug.ids": "team {team} · channel {channel} · you {user}",
    "debug.slack": "Slack by {transport} · scopes: {scopes}",
    "debug.store": "memory: {store}",
    "debug.lane": "{lane}: sent {sent}, joined {joined}, reused {reused}, retried {retried}, throttled {throttled}",
    "debug.lane.error": " · last error {code} {when} request {request}",
    "debug.lanes.more": "More lanes: {count}.",
    "debug.lanes.none": "no cloud was asked since the start",
}


def say(key: str, /, **values: object) -> str:
    """
    Return the sentence of that name, filled.

    Raises:
        KeyError: no such sentence, or a value is missing: our own mistake, found by the test of this table.
    """
    return ENGLISH[key].format(**values)


def has(key: str) -> bool:
    """Say whether there is a sentence of that name (a vendor's reason, a state's special case)."""
    return key in ENGLISH
