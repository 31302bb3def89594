from __future__ import annotations

import pytest

from adapters import errors
from adapters.contract import AccountName, Region, TaskId, TaskRef
from bot.domain.mend import KINDS, kind, mend, what_happened
from bot.domain.message import Trouble


class SomebodyElsesRefusal(errors.Refused):
    """Of a provider from another package."""


class SomebodyElsesFailure(errors.Unavailable):
    """Of a provider from another package."""


class SomebodyElsesThrottle(errors.Throttled):
    """Of a provider from another package."""


def trouble(error: errors.ProviderError, *, provider: str = "aliyun", title: str = "Alibaba Cloud") -> Trouble:
    ref = TaskRef(account=AccountName("show"), region=Region("cn-shanghai"), task_id=TaskId("main-en"))
    return Trouble(ref=ref, provider=provider, title=title, error=error)


@pytest.mark.parametrize(
    ("error", "name"),
    [
        *((known("code"), known.__name__) for known in KINDS),
        (SomebodyElsesThrottle(), "Throttled"),
        (SomebodyElsesFailure(), "Unreachable"),
        (SomebodyElsesRefusal(), "Rejected"),
        (errors.Unavailable(), "Unreachable"),
        (errors.Refused(), "Rejected"),
        (errors.ProviderError(), "Unreadable"),
    ],
)
def test_every_error_has_a_name_in_the_tree(error: errors.ProviderError, name: str):
    assert kind(error) == name


def test_no_leaf_of_the_tree_is_left_out():
    def leaves(error: type[errors.ProviderError]) -> set[type[errors.ProviderError]]:
        ours = [below for below in error.__subclasses__() if below.__module__ == errors.__name__]
        return set().union(*map(leaves, ours)) if ours else {error}

    assert leaves(errors.ProviderError) == set(KINDS)


OPERATOR = "An operator adds the right{} to the key's policy; the README has it to paste."


@pytest.mark.parametrize(
    ("error", "happened", "mends"),
    [
        (errors.BadCredentials(), "Alibaba Cloud does not accept the key of account show.",
         "An operator checks the key, its secret and its token: “relaybot doctor” says which."),
        (errors.AccessDenied(), "The key of account show may not read relay tasks at Alibaba Cloud.",
         OPERATOR.format("")),
        (errors.AccessDenied(action="live:DescribeLivePullToPush"),
         "The key of account show may not read relay tasks at Alibaba Cloud.",
         OPERATOR.format(" live:DescribeLivePullToPush")),
        (errors.WrongRegion(), "Alibaba Cloud does not serve this in cn-shanghai for account show.",
         "Try another region, region=…; “/relay accounts” lists those that are set."),
        (errors.Rejected(), "Alibaba Cloud does not take the question as it stands.",
         "Check the id. If all is right, tell the maintainers the code and the request id."),
        (errors.Throttled(), "Alibaba Cloud says that too many requests were made with the budget of account show.",
         "Ask again in a minute. Other programs and the console spend the same budget."),
        (errors.Unreachable(), "Alibaba Cloud did not answer.",
         "Nothing is known about the task now, neither good nor bad. Ask again in a minute."),
        (errors.ClockSkew(), "This machine's clock and Alibaba Cloud's differ too much.",
         "An operator sets this machine's clock (NTP); “relaybot doctor” shows by how much it is off."),
        (errors.Unreadable(), "Alibaba Cloud answered something that I cannot read.",
         "Tell the maintainers the code, the shape and the request id; nothing secret is in them."),
    ],
)  # fmt: skip
def test_an_error_says_what_happened_and_who_mends_it(error: errors.ProviderError, happened: str, mends: str):
    assert what_happened(trouble(error)) == happened
    assert mend(trouble(error)) == mends


def test_tencents_sdk_app_id_may_be_what_is_wrong():
    rejected = trouble(errors.Rejected(), provider="tencent", title="Tencent Cloud")

    assert mend(rejected) == (
        "Check the id and the account's SdkAppId. If all is right, tell the maintainers the code and the request id."
    )
