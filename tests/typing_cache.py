"""What dlt asks of the same type hints over and over, in each short run, is answered once and inherited by forks.

For each value that dlt looks up in its configuration, it takes the hint apart anew: a fifth of the time of a short run.
The answers depend on nothing but the hint, so a process that remembers them does what any other does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache, wraps

from dlt.common import typing as hints
from dlt.common.configuration.specs import base_configuration as specs

OF_A_HINT = (
    *(hints.get_origin, hints.get_args, hints.is_union_type, hints.is_optional_type, hints.is_literal_type),
    *(hints.extract_type_if_modifier, hints.extract_inner_type, hints.is_annotated, hints.is_subclass),
    *(specs.is_base_configuration_inner_hint, specs.is_context_inner_hint, specs.is_credentials_inner_hint),
    *(specs.get_config_if_union_hint, specs.extract_inner_hint, specs.is_secret_hint, specs.is_valid_hint),
)


@cache
def cache_answers() -> None:
    """Put a function that remembers where dlt has any of `OF_A_HINT`, once in this process."""
    remembering = {id(function): _remembering(function) for function in OF_A_HINT}
    for module in [module for name, module in sys.modules.items() if name.startswith("dlt.")]:
        for name, value in list(vars(module).items()):
            if id(value) in remembering:
                setattr(module, name, remembering[id(value)])


def _remembering(function: Callable[..., object]) -> Callable[..., object]:
    """*function* with its answers kept by identity: equal hints, such as unions in another order, are not the same."""
    answers: dict[tuple[object, ...], tuple[tuple[object, ...], object]] = {}

    @wraps(function)
    def answered(*args: object, **options: bool) -> object:
        key = (*map(id, args), *options.items())
        if key not in answers:
            answers[key] = args, function(*args, **options)  # the arguments live on, so no other takes their ids
        return answers[key][1]

    return answered
