from __future__ import annotations

import pytest

from bot.domain.command import (
    LONGEST_AGAIN,
    LONGEST_TASK,
    MOST_CHARACTERS,
    VERBS,
    Accounts,
    Command,
    CommandError,
    Debug,
    Help,
    Status,
    again,
    parse,
    plain,
    split,
)

UUID = "fd245384-4067-4f91-9d75-9666a6bc0001"
TENCENT = "kHh8Zl0xRQ2-7vN3mPqfWc4dTtYbUoIe+SgJr9aLXy5zKV1nEiAwDp6Ohj.GuBsMCFt0lRxQz8vHkPd2bWm7NcYfTaUoSg.."


@pytest.mark.parametrize(
    ("why", "text", "command"),
    [
        ("nothing typed is a question for help", "", Help()),
        ("nor is white space more than that", " \t\n\u00a0 ", Help()),
        ("help about nothing", "help", Help()),
        ("help about one command", "help status", Help(verb="status")),
        ("help about help", "help help", Help(verb="help")),
        ("a verb in capitals", "STATUS aliyun main-en", Status(account="aliyun", task="main-en")),
        ("a verb as a phone writes it", "Status aliyun main-en", Status(account="aliyun", task="main-en")),
        ("the verb that help is about, in any case", "Help Status", Help(verb="status")),
        ("a slash command pasted behind a mention", "/relay status aliyun main-en",
         Status(account="aliyun", task="main-en")),
        ("a slash command pasted behind a mention, in capitals", "/RELAY help", Help()),
        ("a slash command pasted behind help", "help /relay status", Help(verb="status")),
        ("a slash command alone behind help", "help /relay", Help()),
        ("account left out", f"status {UUID}", Status(task=UUID)),
        ("an account as it was typed", "status AliYun main-en", Status(account="AliYun", task="main-en")),
        ("an id in capitals stays in capitals", "status aliyun MAIN-en", Status(account="aliyun", task="MAIN-en")),
        ("an id with + . - and dots at its end", f"status tencent {TENCENT}", Status(account="tencent", task=TENCENT)),
        ("a sentence's full stop belongs to the id", "status aliyun main.", Status(account="aliyun", task="main.")),
        ("an id that ends in =", "status tencent YWJj==", Status(account="tencent", task="YWJj==")),
        ("a region", "status aliyun main-en region=cn-beijing",
         Status(account="aliyun", task="main-en", region="cn-beijing")),
        ("a region anywhere", "status region=cn-beijing aliyun main-en",
         Status(account="aliyun", task="main-en", region="cn-beijing")),
        ("an option in capitals", "status main-en REGION=cn-beijing", Status(task="main-en", region="cn-beijing")),
        ("a full-width = of a Chinese keyboard", "status main-en region\uff1dcn-beijing",
         Status(task="main-en", region="cn-beijing")),
        ("a name in quotes", 'status aliyun "Main stage, English"',
         Status(account="aliyun", task="Main stage, English")),
        ("a name in smart quotes", "status aliyun “Main stage”", Status(account="aliyun", task="Main stage")),
        ("a name in German quotes", "status aliyun „Main stage‟", Status(account="aliyun", task="Main stage")),
        ("a name in French quotes, with their spaces", "status aliyun « Main stage »",
         Status(account="aliyun", task="Main stage")),
        ("a smart apostrophe is a plain one", "status Ann\u2019s", Status(task="Ann's")),
        ("an id in backticks", f"status aliyun `{UUID}`", Status(account="aliyun", task=UUID)),
        ("an id in a code block", f"status aliyun ```{UUID}```", Status(account="aliyun", task=UUID)),
        ("line breaks part words", f"status\naliyun\r\n{UUID}", Status(account="aliyun", task=UUID)),
        ("no-break and ideographic spaces part words", "status\u00a0aliyun\u3000main-en",
         Status(account="aliyun", task="main-en")),
        ("zero-width characters are nowhere", "sta\u200btus \ufeffaliyun ma\u2060in-en\u200d",
         Status(account="aliyun", task="main-en")),
        ("direction marks are nowhere", "status \u202aaliyun\u202c \u2066main-en\u2069",
         Status(account="aliyun", task="main-en")),
        ("soft hyphens and control characters are nowhere", "status main\u00ad-en\x00\x1b", Status(task="main-en")),
        ("an id that Slack took for an address", "status aliyun <http://main.live|main.live>",
         Status(account="aliyun", task="main.live")),
        ("dots behind such an address stay", "status <http://a.b|a.b>..", Status(task="a.b..")),
        ("a real address keeps its scheme", "status <https://a.b/c>", Status(task="https://a.b/c")),
        ("an id that Slack took for a mail address", "status <mailto:a@b.cn|a@b.cn>", Status(task="a@b.cn")),
        ("an ampersand that Slack escaped", "status a&amp;b", Status(task="a&b")),
        ("brackets that Slack escaped", "status &lt;TaskId&gt;", Status(task="<TaskId>")),
        ("what was typed as an entity stays one", "status &amp;lt;", Status(task="&lt;")),
        ("two hyphens that a keyboard made a dash", "status main—en", Status(task="main--en")),
        ("a quote that was never closed is no quote", 'status "main-en', Status(task="main-en")),
        ("a quote inside a word is part of it", 'status 5"-feed', Status(task='5"-feed')),
        ("empty quotes are nothing", 'status "" main-en', Status(task="main-en")),
        ("an id as long as can be", f"status {'i' * LONGEST_TASK}", Status(task="i" * LONGEST_TASK)),
        ("accounts", "accounts", Accounts()),
        ("debug", "DEBUG", Debug()),
    ],
)  # fmt: skip
def test_people_type_this_and_mean_that(why: str, text: str, command: Command):
    assert parse(text) == command, why


@pytest.mark.parametrize(
    ("why", "text", "failed", "instead"),
    [
        ("a slip in the verb keeps all that was typed after it", f"staus aliyun {UUID} region=cn-beijing",
         "There is no command “staus”. Did you mean status?", f"/relay status aliyun {UUID} region=cn-beijing"),
        ("quotes are put back", 'statsu aliyun "Main stage"',
         "There is no command “statsu”. Did you mean status?", '/relay status aliyun "Main stage"'),
        ("a slip and nothing after it", "statu",
         "There is no command “statu”. Did you mean status?", "/relay status [account] <task> [region=…]"),
        ("a slip in a verb without arguments", "acounts",
         "There is no command “acounts”. Did you mean accounts?", "/relay accounts"),
        ("what would be a slip again is not offered again", "acounts all",
         "There is no command “acounts”. Did you mean accounts?", "/relay accounts"),
        ("too much after a slip is not offered again", f"staus {'i' * (LONGEST_AGAIN + 1)}",
         "There is no command “staus”. Did you mean status?", "/relay status [account] <task> [region=…]"),
        ("a slip behind help", "help statsu",
         "There is no command “statsu”. Did you mean status?", "/relay help status"),
        ("a word that is like no command", "frobnicate now", "There is no command “frobnicate”.", "/relay help"),
        ("a word like no command, behind help", "help 42", "There is no command “42”.", "/relay help"),
        ("a long word is cut", "x" * 200, f"There is no command “{'x' * 79}…”.", "/relay help"),
        ("no task", "status", "Which task? I need its id.", "/relay status aliyun <TaskId>"),
        ("no task but a region", "status region=cn-beijing", "Which task? I need its id.",
         "/relay status aliyun <TaskId>"),
        ("a name with spaces and no quotes", "status aliyun Main stage",
         "I read 3 words after “status”. An id has no spaces; put quotes around a name that has some.",
         '/relay status aliyun "<name>"'),
        ("an id without end", f"status {'i' * 257}",
         "A task id or name has at most 256 characters; this one has 257.", "/relay status aliyun <TaskId>"),
        ("an option that is none", "status main-en colour=red", "“status” knows no option “colour=”.",
         "/relay status [account] <task> [region=…]"),
        ("a slip in an option", "status main-en regoin=cn-beijing",
         "“status” knows no option “regoin=”. Did you mean region=?", "/relay status [account] <task> [region=…]"),
        ("an option where there are none", "accounts region=cn-beijing", "“accounts” knows no option “region=”.",
         "/relay accounts"),
        ("an option that says nothing", "status main-en region=", "“region=” says nothing.",
         "/relay status [account] <task> [region=…]"),
        ("an option twice", "status main-en region=a region=b", "“region=” stands there twice.",
         "/relay status [account] <task> [region=…]"),
        ("words after a verb that takes none", "accounts all", "“accounts” takes nothing after it.",
         "/relay accounts"),
        ("words after another verb that takes none", "debug me", "“debug” takes nothing after it.", "/relay debug"),
        ("a novel", "status " + "x" * MOST_CHARACTERS, "That is 4007 characters; a command has at most 4000.",
         "/relay help"),
    ],
)  # fmt: skip
def test_a_slip_is_told_what_failed_and_what_to_type_instead(why: str, text: str, failed: str, instead: str):
    with pytest.raises(CommandError) as caught:
        parse(text)

    assert (caught.value.failed, caught.value.instead) == (failed, instead), why


@pytest.mark.parametrize("verb", VERBS)
def test_every_example_in_the_help_is_a_command(verb: str):
    assert isinstance(parse(VERBS[verb].example), Command.__args__)


@pytest.mark.parametrize(
    "text",
    [
        f"staus aliyun {TENCENT}",
        "staus “Main stage”",
        "STAUS show &lt;x&gt; region=a",
        "acounts",
        "hlep status",
        "dbug",
    ],
)
def test_what_is_offered_instead_of_a_slip_is_a_command(text: str):
    with pytest.raises(CommandError) as caught:
        parse(text)

    assert isinstance(parse(caught.value.instead), Command.__args__)


@pytest.mark.parametrize("words", [("aliyun", UUID), ("Main stage",), ("tencent", TENCENT), ('5"-feed',), ()])
def test_words_that_are_offered_again_are_read_as_the_same_words(words: tuple[str, ...]):
    assert tuple(split(again(*words))) == words


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("<http://a.b|a.b> and <https://c.d|c.d>", "a.b and c.d"),
        ("<http://a.b|>", ""),
        ("<http://a.b?x=1&amp;y=2>", "http://a.b?x=1&y=2"),
        ("<@U0ANN|ann> in <#C1|relays>", "<@U0ANN> in <#C1|relays>"),
        ("<@U0ANN|ann “o neil” lee>", "<@U0ANN>"),
        ("<!subteam^S0OPS|@ops team>", "<!subteam^S0OPS>"),
        ("a < b > c", "a < b > c"),
        ("<http://a.b", "<http://a.b"),
    ],
)
def test_only_what_slack_made_an_address_is_undone(text: str, meant: str):
    assert plain(text) == meant


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b", ["a", "b"]),
        ("  a  ", ["a"]),
        ('"a b" c', ["a b", "c"]),
        ('" a b "', ["a b"]),
        ('a"b c"d', ['a"b', 'c"d']),
        ('"', []),
        ('""', []),
        ("", []),
    ],
)
def test_white_space_parts_words_and_quotes_hold_them_together(text: str, words: list[str]):
    assert split(text) == words
