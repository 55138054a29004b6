"""What all tables share: names of constraints, and how Python types are stored."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from sqlalchemy import CheckConstraint, DateTime, MetaData, Numeric, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

Timestamp = DateTime(timezone=True)

# How a column without options is stored. One with options (`Field`) names its type where it is one of these.
_STORED_AS: dict[Any, Any] = {
    str: Annotated[str, Field(sa_type=Text)],
    datetime: Annotated[datetime, Field(sa_type=Timestamp)],
    Decimal: Annotated[Decimal, Field(sa_type=Numeric(20, 9))],
    dict[str, Any]: Annotated[dict[str, Any], Field(sa_type=JSONB)],
    list[str]: Annotated[list[str], Field(sa_type=ARRAY(Text))],
}

if TYPE_CHECKING:
    # Type checkers see columns as SQLAlchemy does: an expression on the class, a value on a row. As SQLModel writes
    # them they would be values on both, and every condition of a query would need `col()`.
    from sqlalchemy.orm import Mapped as Mapped
else:

    class Mapped:
        """What SQLModel reads in its place: the Python type, with the column type from `_STORED_AS`."""

        def __class_getitem__(cls, python_type: Any) -> Any:
            return _STORED_AS.get(python_type, python_type)


_registry = registry(
    metadata=MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
)


class Base(SQLModel, registry=_registry):
    if TYPE_CHECKING:
        # SQLModel declares a method that derives a name; ours are written out.
        __tablename__: ClassVar[Any]


def server_default(value: Any, **options: Any) -> Any:
    """A column that the database fills in where a new row leaves it out. options: of `Field`."""
    return Field(default=None, sa_column_kwargs={"server_default": value}, **options)


def current_time() -> Any:
    """A time column that a new row fills in with the transaction's time."""
    return server_default(func.now(), sa_type=Timestamp)


def one_of(column: str, *values: str, optional: bool = False) -> CheckConstraint:
    """A column that holds one of these words (or nothing, when optional)."""
    words = ", ".join(f"'{value}'" for value in values)
    condition = f"{column} IN ({words})"
    return CheckConstraint(f"{column} IS NULL OR {condition}" if optional else condition, name=column)
