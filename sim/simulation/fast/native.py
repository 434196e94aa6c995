"""How a compiled walk sees the tables: as addresses, so that a call hands on one pointer and counts nothing.

A table that is handed from function to function as a numpy array costs more than what is done with it.
Whoever calls a compiled walk keeps the arrays alive meanwhile.
"""

import operator
from typing import Any, ClassVar

import numpy as np
from llvmlite import ir
from numba import from_dtype, types
from numba.core.typing.templates import (
    AbstractTemplate,
    AttributeTemplate,
    infer_getattr,
    infer_global,
    signature,
)
from numba.extending import intrinsic, lower_builtin, lower_getattr_generic, models, register_model
from numpy.typing import NDArray

from sim.simulation.fast.world import KINDS, WHOLE, World, dtype_of

BYTES = ir.IntType(8).as_pointer()


class TableType(types.Type):  # type: ignore[misc]
    """A table: the address of its first record or number."""

    def __init__(self, item: Any) -> None:
        self.item = item
        super().__init__(name=f"Table({item})")


class WorldType(types.Type):  # type: ignore[misc]
    """The tables of a walk: the address of theirs."""

    tables: ClassVar[dict[str, TableType]] = {
        name: TableType(
            from_dtype(dtype_of(KINDS[name]))
            if name in KINDS
            else types.int64
            if name in WHOLE
            else types.float64
        )
        for name in World._fields
    }

    def __init__(self) -> None:
        super().__init__(name="World")


register_model(TableType)(models.OpaqueModel)
register_model(WorldType)(models.OpaqueModel)


@infer_getattr
class WorldTables(AttributeTemplate):  # type: ignore[misc]
    """`w.NAME` is a table."""

    key = WorldType

    def generic_resolve(self, typ: WorldType, attr: str) -> TableType | None:
        """The type of a table, by its name."""
        return typ.tables.get(attr)


@lower_getattr_generic(WorldType)  # type: ignore[untyped-decorator]
def _table(context: Any, builder: Any, typ: WorldType, value: Any, attr: str) -> Any:
    addresses = builder.bitcast(value, BYTES.as_pointer())
    place = ir.Constant(ir.IntType(64), World._fields.index(attr))
    return builder.load(builder.gep(addresses, [place]))


@infer_global(operator.getitem)
class TableItem(AbstractTemplate):  # type: ignore[misc]
    """`table[n]` is a record, or a number."""

    def generic(self, args: Any, kws: Any) -> Any:
        """The signature, should it be a table."""
        if isinstance(args[0], TableType) and isinstance(args[1], types.Integer):
            return signature(args[0].item, args[0], types.int64)
        return None


@lower_builtin(operator.getitem, TableType, types.int64)  # type: ignore[untyped-decorator]
def _item(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    item, (table, number) = sig.args[0].item, args
    is_record = isinstance(item, types.Record)
    size = ir.Constant(ir.IntType(64), item.size if is_record else 8)
    found = builder.gep(table, [builder.mul(number, size)])
    kind = context.get_value_type(item)
    return (
        builder.bitcast(found, kind) if is_record else builder.load(builder.bitcast(found, kind.as_pointer()))
    )


@intrinsic  # type: ignore[untyped-decorator]
def world_at(typing: Any, addresses: Any) -> Any:
    """The tables whose addresses these are."""

    def lowered(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(sig.args[0])(context, builder, args[0]).data
        return builder.bitcast(data, BYTES)

    return WorldType()(addresses), lowered


def addresses_of(w: World) -> NDArray[np.int64]:
    """Where the tables are."""
    tables: Any = w
    return np.array([table.ctypes.data for table in tables], dtype=np.int64)
