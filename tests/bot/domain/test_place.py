from __future__ import annotations

import pytest

from adapters import registry
from adapters.contract import AccountName, Region, TaskId, TaskRef
from bot.domain.account import Account
from bot.domain.command import CommandError, Status, parse
from bot.domain.place import locate

CLOUDS = registry.providers()
UUID = "fd245384-4067-4f91-9d75-9666a6bc0001"
LONG = "i" * 56
HERE = "C0RELAYS"


def account(name: str, word: str, *regions: str, channels: str = "", tasks: str = "") -> Account:
    return Account(
        name=AccountName(name),
        provider=word,
        title=CLOUDS[word].title,
        regions=tuple(map(Region, regions)),
        budget=name,
        share=0.5,
        has_id=CLOUDS[word].has_id,
        lists=word == "aliyun",
        channels=frozenset(channels.split()),
        tasks=tuple(tasks.split()),
    )


def named(*accounts: Account) -> dict[AccountName, Account]:
    return {each.name: each for each in accounts}


ALIYUN = account("aliyun", "aliyun", "cn-shanghai", "ap-southeast-1")
TENCENT = account("tencent", "tencent", "ap-singapore")
BOTH = named(ALIYUN, TENCENT)


def refs(task: str, *places: str) -> tuple[TaskRef, ...]:
    return tuple(
        TaskRef(account=AccountName(name), region=Region(region), task_id=TaskId(task))
        for name, _, region in (place.partition("/") for place in places)
    )


EVERYWHERE = ("aliyun/cn-shanghai", "aliyun/ap-southeast-1", "tencent/ap-singapore")


@pytest.mark.parametrize(
    ("why", "wanted", "by_id", "by_name"),
    [
        ("an id that both clouds could have is asked of both, in every region", Status(task=UUID), EVERYWHERE,
         ("aliyun/cn-shanghai", "aliyun/ap-southeast-1")),
        ("more than 55 characters is Tencent's", Status(task=LONG), ("tencent/ap-singapore",),
         ("aliyun/cn-shanghai", "aliyun/ap-southeast-1")),
        ("a plus is Tencent's", Status(task="a+b"), ("tencent/ap-singapore",),
         ("aliyun/cn-shanghai", "aliyun/ap-southeast-1")),
        ("a dot is Tencent's", Status(task="a.b"), ("tencent/ap-singapore",),
         ("aliyun/cn-shanghai", "aliyun/ap-southeast-1")),
        ("a name with spaces is nobody's id and Alibaba Cloud's name", Status(task="Main stage"), (),
         ("aliyun/cn-shanghai", "aliyun/ap-southeast-1")),
        ("an account asks its own regions only", Status(account="aliyun", task=UUID),
         ("aliyun/cn-shanghai", "aliyun/ap-southeast-1"), ("aliyun/cn-shanghai", "aliyun/ap-southeast-1")),
        ("an account in any case", Status(account="TenCent", task=UUID), ("tencent/ap-singapore",), ()),
        ("a region asks nowhere else", Status(account="aliyun", task=UUID, region="cn-shanghai"),
         ("aliyun/cn-shanghai",), ("aliyun/cn-shanghai",)),
        ("a region in any case", Status(task=UUID, region="CN-Shanghai"), ("aliyun/cn-shanghai",),
         ("aliyun/cn-shanghai",)),
        ("a region alone picks the account that has it", Status(task=UUID, region="ap-singapore"),
         ("tencent/ap-singapore",), ()),
    ],
)  # fmt: skip
def test_a_task_is_looked_for_wherever_it_could_be(
    why: str, wanted: Status, by_id: tuple[str, ...], by_name: tuple[str, ...]
):
    places = locate(wanted, BOTH, HERE)

    assert places.by_id == refs(wanted.task, *by_id), why
    assert places.by_name == tuple((ref.account, ref.region) for ref in refs("", *by_name)), why
    assert places.hidden == ()


@pytest.mark.parametrize(
    ("why", "wanted", "is_search"),
    [
        ("several regions", Status(task=UUID), True),
        ("one region", Status(account="tencent", task=UUID), False),
        ("one region by id and by name", Status(account="aliyun", task=UUID, region="cn-shanghai"), False),
        ("a name alone reads whole lists", Status(account="aliyun", task="Main stage", region="cn-shanghai"), True),
    ],
)
def test_asking_more_than_one_region_is_a_search(why: str, wanted: Status, is_search: bool):  # noqa: FBT001
    assert locate(wanted, BOTH, HERE).is_search is is_search, why


def test_a_task_that_the_configuration_hides_is_not_asked_for_and_reads_like_one_that_is_not_there():
    picky = account("aliyun", "aliyun", "cn-shanghai", tasks="live-* main-?n")
    accounts = named(picky, TENCENT)

    shown = locate(Status(account="aliyun", task="live-7"), accounts, HERE)
    hidden = locate(Status(task="secret"), accounts, HERE)

    assert (shown.by_id, shown.hidden) == (refs("live-7", "aliyun/cn-shanghai"), ())
    assert hidden.by_id == refs("secret", "tencent/ap-singapore")
    assert hidden.hidden == refs("secret", "aliyun/cn-shanghai")


def test_an_account_that_is_closed_to_a_channel_reads_like_one_that_does_not_exist():
    accounts = named(account("secret", "aliyun", "cn-shanghai", channels="C0OPS"), TENCENT)

    with pytest.raises(CommandError) as closed:
        locate(Status(account="secret", task=UUID), accounts, HERE)
    with pytest.raises(CommandError) as absent:
        locate(Status(account="secret", task=UUID), named(TENCENT), HERE)

    assert (closed.value.failed, closed.value.instead) == (absent.value.failed, absent.value.instead)
    assert locate(Status(task=UUID), accounts, HERE).by_id == refs(UUID, "tencent/ap-singapore")
    assert locate(Status(account="secret", task=UUID), accounts, "C0OPS").by_id == refs(UUID, "secret/cn-shanghai")
    assert locate(Status(account="secret", task=UUID), accounts, None).by_id == refs(UUID, "secret/cn-shanghai")


NO_REGION = "No account has a region “cn-shangai”. There are: ap-singapore, ap-southeast-1, cn-shanghai."
NO_ACCOUNT = "No cloud account is set up here. An operator runs “relaybot doctor”."


@pytest.mark.parametrize(
    ("why", "wanted", "accounts", "failed", "instead"),
    [
        ("nothing is set up", Status(task=UUID), {}, NO_ACCOUNT, "/relay help"),
        ("everything is closed to this channel", Status(task=UUID),
         named(account("secret", "aliyun", "cn-shanghai", channels="C0OPS")), NO_ACCOUNT, "/relay help"),
        ("a slip in the account", Status(account="alyun", task=UUID), BOTH,
         "There is no account “alyun”. There are: aliyun, tencent. Did you mean aliyun?",
         f"/relay status aliyun {UUID}"),
        ("an account like no other", Status(account="gcp", task=UUID), BOTH,
         "There is no account “gcp”. There are: aliyun, tencent.", f"/relay status aliyun {UUID}"),
        ("there is but one", Status(account="gcp", task=UUID), named(TENCENT),
         "There is no account “gcp”. There is: tencent.", f"/relay status tencent {UUID}"),
        ("a long id is offered whole", Status(account="tencnt", task="i" * 104 + ".."), BOTH,
         "There is no account “tencnt”. There are: aliyun, tencent. Did you mean tencent?",
         f"/relay status tencent {'i' * 104}.."),
        ("a name keeps its quotes", Status(account="alyun", task="Main stage"), BOTH,
         "There is no account “alyun”. There are: aliyun, tencent. Did you mean aliyun?",
         '/relay status aliyun "Main stage"'),
        ("id and account the wrong way round are put right", Status(account=UUID, task="Aliyun"), BOTH,
         f"There is no account “{UUID}”. There are: aliyun, tencent.", f"/relay status aliyun {UUID}"),
        ("a very long account is cut", Status(account="x" * 256, task=UUID), BOTH,
         f"There is no account “{'x' * 79}…”. There are: aliyun, tencent.", f"/relay status aliyun {UUID}"),
        ("what is too long to be offered leaves its place", Status(account="y" * 400, task="aliyun"), BOTH,
         f"There is no account “{'y' * 79}…”. There are: aliyun, tencent.", "/relay status aliyun <TaskId>"),
        ("a slip in the region of an account", Status(account="aliyun", task=UUID, region="cn-shangai"), BOTH,
         "Account aliyun has no region “cn-shangai”. It has: cn-shanghai, ap-southeast-1. Did you mean cn-shanghai?",
         f"/relay status aliyun {UUID} region=cn-shanghai"),
        ("a region like no other", Status(account="tencent", task=UUID, region="mars"), BOTH,
         "Account tencent has no region “mars”. It has: ap-singapore.",
         f"/relay status tencent {UUID} region=ap-singapore"),
        ("a slip in the region of any account", Status(task=UUID, region="cn-shangai"), BOTH,
         NO_REGION + " Did you mean cn-shanghai?", f"/relay status {UUID} region=cn-shanghai"),
        ("two accounts with one region between them", Status(task=UUID, region="mars"),
         named(TENCENT, account("tencent-2", "tencent", "ap-singapore")),
         "No account has a region “mars”. There is: ap-singapore.", f"/relay status {UUID} region=ap-singapore"),
        ("spaces are in no id of a cloud without names", Status(account="tencent", task="Main stage"), BOTH,
         "“Main stage” cannot be a task id of Tencent Cloud.", "/relay status tencent <TaskId>"),
        ("nor of two such accounts", Status(task="Main stage"),
         named(TENCENT, account("tencent-2", "tencent", "ap-guangzhou")),
         "“Main stage” cannot be a task id of any account here.", "/relay help status"),
    ],
)  # fmt: skip
def test_a_place_that_is_none_is_told_with_those_there_are(
    why: str, wanted: Status, accounts: dict[AccountName, Account], failed: str, instead: str
):
    with pytest.raises(CommandError) as caught:
        locate(wanted, accounts, HERE)

    assert (caught.value.failed, caught.value.instead) == (failed, instead), why


@pytest.mark.parametrize(
    "wanted",
    [
        Status(account="alyun", task="Main stage"),
        Status(account=UUID, task="aliyun"),
        Status(account="gcp", task="i" * 256),
        Status(task=UUID, region="cn-shangai"),
        Status(account="aliyun", task='5"-feed', region="mars"),
    ],
)
def test_the_command_that_is_offered_instead_finds_a_place(wanted: Status):
    with pytest.raises(CommandError) as caught:
        locate(wanted, BOTH, HERE)
    again = parse(caught.value.instead)

    assert isinstance(again, Status)
    places = locate(again, BOTH, HERE)
    assert places.by_id or places.by_name
