"""The search above a list, its tabs, and the links to the list's other pages. All of it is kept in the URL."""

from typing import Any

import reflex as rx

from quantum_app.web.react.filters import filter_link, filters
from quantum_app.web.ui.parts import icon, link


def search_form(
    name: str,
    text: rx.Component,
    *fields: rx.Component,
    count: Any,
    clear: Any,
    searched: Any,
    on_submit: Any,
    version: rx.Var[int],
) -> rx.Component:
    """A search form. Phones show `text` and a button for the other fields.

    name: Prefix of the fields' IDs, as for `search_field`.
    text, fields: Made by `search_field`.
    count: How many of `fields` are set.
    clear: URL without a search.
    searched: Whether there is anything to clear.
    version: Changes when another search is opened by URL, so that the form is filled again.
    """
    return rx.el.form(
        text,
        filters(*fields, count=count),
        rx.el.div(
            rx.el.button(icon("search"), "Search", type="submit", class_name="ui-button surface mid"),
            rx.cond(searched, link("Clear", href=clear, class_name="ui-button ghost mid")),
            class_name="ui-row",
        ),
        on_submit=on_submit,
        key=version.to_string(),
        class_name=f"ui-search {name}",
        role="search",
    )


def search_field(form: str, name: str, label: Any, control: rx.Component) -> rx.Component:
    """A field with its label. The control's ID is `{form}-{name}`."""
    return rx.el.div(
        rx.el.label(label, html_for=f"{form}-{name}"),
        rx.el.div(control, class_name="ui-input"),
        class_name=f"ui-field {name}",
    )


def chip(word: Any, href: Any, on: Any) -> rx.Component:
    """One of several lists to choose from, as a link. on: Whether it is the one that is open."""
    return link(
        word,
        href=href,
        class_name=rx.cond(on, "ui-chip on", "ui-chip"),
        aria_current=rx.cond(on, "true", "false"),
    )


def filter_chip(word: Any, href: Any, on: Any) -> rx.Component:
    """Like `chip`, for a filter beside a search form, whose values it keeps."""
    return filter_link(
        word,
        to=href,
        class_name=rx.cond(on, "ui-chip on", "ui-chip"),
        custom_attrs={"aria-current": rx.cond(on, "true", "false")},
    )


def chips(*content: rx.Component, label: str) -> rx.Component:
    """label: What the chips choose, for whoever does not see."""
    return rx.el.nav(*content, class_name="ui-chips", aria_label=label)


def pages(newest: rx.Var[str], older: rx.Var[str], label: str) -> rx.Component:
    """Links to a list's other pages. newest, older: URLs, or empty. label: Of the older ones."""

    def page_link(word: str, href: rx.Var[str]) -> rx.Component:
        return rx.cond(href != "", link(word, href=href, class_name="ui-button surface"))

    return rx.el.nav(page_link("Newest", newest), page_link(label, older), class_name="ui-pages", aria_label="Pages")
