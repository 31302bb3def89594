"""
From variables to a model, and from a model's complaint to one sentence that says what to mend.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, get_origin

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class SettingsError(Exception):
    """
    A setting is missing or malformed. The text is the whole message: which one, what it should look like, where it is.

    Args:
        name: the variable, or the place in the configuration file.
        problem: completes the sentence that begins with the name; holds nothing of the value.
    """

    def __init__(self, name: str, problem: str, *, example: str = "", where: str = "") -> None:
        self.name = name
        sentences = [f"{name} {problem}."]
        if example:
            sentences.append(f"It should look like: {example}.")
        if where:
            sentences.append(f"Where to find it: {where}.")
        super().__init__(" ".join(sentences))


def unset(model: type[BaseModel], key: str, *, hint: str = "") -> SettingsError:
    """Make the complaint about a setting that is missing; `hint` says what would do as well, or why it is needed."""
    told = meta(model, key)
    problem = f"is not set ({hint})" if hint else "is not set"
    return SettingsError(told["env"], problem, example=told["example"], where=told["where"])


def first_secret(model: type[BaseModel]) -> str:
    """Return the field that a newcomer must set first: a provider's key."""
    return next(key for key in names(model) if is_secret(model, key))


def is_secret(model: type[BaseModel], key: str) -> bool:
    """Say whether a field holds a secret."""
    return "SecretStr" in str(model.model_fields[key].annotation)


def names(model: type[BaseModel]) -> Mapping[str, str]:
    """Return a model's fields and the variables that set them."""
    return {name: meta(model, name)["env"] for name in model.model_fields if meta(model, name)}


def read(model: type[BaseModel], environ: Mapping[str, str]) -> Mapping[str, Any]:
    """Collect a model's variables, and complain in their names when they make no model."""
    given: dict[str, Any] = {}
    for key, env in names(model).items():
        value = environ.get(env, "").strip()
        if value:
            given[key] = parted(model, key, value)
    try:
        model.model_validate(given)
    except ValidationError as error:
        complain(error, model, lambda key: names(model).get(key, key))
    return given


def parted(model: type[BaseModel], key: str, value: object) -> object:
    """Part a text with commas where the field is a list; all else stays as it is."""
    if isinstance(value, str) and get_origin(model.model_fields[key].annotation) is tuple:
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def complain(error: ValidationError, model: type[BaseModel], called: Callable[[str], str]) -> NoReturn:
    """Turn pydantic's first complaint into ours; a value is never repeated, it may be a key."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    key = str(first["loc"][0]) if first["loc"] else ""
    problem = {
        "missing": "is not set",
        "int_parsing": "must be a whole number",
        "float_parsing": "must be a number",
    }.get(first["type"], first["msg"].removeprefix("Value error, "))
    if not problem.startswith(("is ", "must ", "has ")):
        problem = f"is not right: {problem}"
    told = meta(model, key)
    raise SettingsError(called(key), problem, example=told.get("example", ""), where=told.get("where", "")) from None


def meta(model: type[BaseModel], key: str) -> Mapping[str, str]:
    """Return what a field says of itself: `env`, `where`, `example`; empty when it says nothing."""
    info = model.model_fields.get(key)
    extra = info.json_schema_extra if info else None
    return {name: str(value) for name, value in extra.items()} if isinstance(extra, dict) else {}
