"""Answers each question {path, read} with how pyarrow reads the file beside what was read of it."""
import base64
import decimal
import json
import math
import sys
import uuid

import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet as pq

LIKE_TEXT = ("string", "json")


class OtherType(Exception):
    """A value that has another type, in a form of which the script does not judge."""


class Json:
    """A value that is printed as JSON."""

    def __init__(self, value):
        self.value = value


# Types that differ although the values are the same.
notes = set()


def read_table(path, is_parquet):
    if is_parquet:
        # Timestamps in 96 bits do not fit nanoseconds.
        return pq.ParquetFile(path, coerce_int96_timestamp_unit="us").read()
    with open(path, "rb") as file:
        head = file.read(8)
    if head.startswith(b"FEA1"):
        raise ValueError("Feather of version 1")
    with pa.OSFile(path) as source:
        opened = pa.ipc.open_file(source) if head.startswith(b"ARROW1") else pa.ipc.open_stream(source)
        return opened.read_all()


def plain(scalar, ours):
    """The value of pyarrow in the form in which a value of the type `ours` was printed."""
    if not scalar.is_valid:
        return None
    kind, type_ = ours["kind"], scalar.type
    if isinstance(scalar, pa.ExtensionScalar):
        return plain(scalar.value, ours)
    if type_ == pa.binary(16) and kind == "string":
        notes.add("UUID as string")
        return str(uuid.UUID(bytes=scalar.as_py()))
    if pa.types.is_dictionary(type_):
        return plain(scalar.as_py_scalar() if hasattr(scalar, "as_py_scalar") else pa.scalar(scalar.as_py(), type_.value_type), ours)
    if pa.types.is_run_end_encoded(type_):
        return plain(pa.scalar(scalar.as_py(), type_.value_type), ours)
    if pa.types.is_null(type_):
        return None
    if pa.types.is_map(type_):
        if kind != "list" or ours["element"]["kind"] != "struct":
            raise OtherType(f"{type_} as {kind}")
        key, value = (field["type"] for field in ours["element"]["fields"])
        return [
            {"key": plain(entry[0], key), "value": plain(entry[1], value)}
            for entry in (scalar.values[i] for i in range(len(scalar.values)))
        ] if scalar.values is not None else None
    if pa.types.is_union(type_):
        notes.add("union as JSON")
        return None if not scalar.value.is_valid else Json(scalar.value.as_py())
    if is_list(type_):
        if kind != "list":
            raise OtherType(f"{type_} as {kind}")
        return [plain(item, ours["element"]) for item in scalar.values]
    if pa.types.is_struct(type_):
        if kind != "struct":
            raise OtherType(f"{type_} as {kind}")
        return [plain(scalar[i], field["type"]) for i, field in enumerate(ours["fields"])]
    return plain_scalar(scalar, type_, ours)


def plain_scalar(scalar, type_, ours):
    kind = ours["kind"]
    if pa.types.is_timestamp(type_):
        check(kind == "timestamp", type_, ours)
        per = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
        if ours["utc"] != (type_.tz is not None):
            notes.add(f"{type_} as {json.dumps(ours)}")
        exact = scalar.value * per[ours["unit"]]
        return str(exact // per[type_.unit])
    if pa.types.is_date(type_):
        check(kind == "date", type_, ours)
        return scalar.value if pa.types.is_date32(type_) else scalar.value // 86_400_000
    if pa.types.is_time(type_):
        if type_.unit == "ns":
            check(kind in ("int", "time"), type_, ours)
            return str(scalar.value if kind == "int" else scalar.value // 1000)
        check(kind == "time", type_, ours)
        return str(scalar.value * {"s": 10**6, "ms": 10**3, "us": 1}[type_.unit])
    if pa.types.is_duration(type_):
        check(kind == "int", type_, ours)
        return str(scalar.value)
    if pa.types.is_boolean(type_):
        check(kind == "bool", type_, ours)
        return scalar.as_py()
    if pa.types.is_integer(type_):
        if kind == "float":
            return float(scalar.as_py())
        check(kind == "int", type_, ours)
        check(ours["bits"] == type_.bit_width and ours["signed"] == pa.types.is_signed_integer(type_), type_, ours)
        return str(scalar.as_py()) if type_.bit_width == 64 else scalar.as_py()
    if pa.types.is_floating(type_):
        check(kind == "float", type_, ours)
        return scalar.as_py()
    if pa.types.is_decimal(type_):
        check(kind in ("decimal", "string"), type_, ours)
        return format(scalar.as_py(), "f")
    if pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
        check(kind in LIKE_TEXT, type_, ours)
        return scalar.as_buffer().to_pybytes().decode("utf-8", "replace")
    if is_binary(type_):
        if kind in LIKE_TEXT:
            notes.add("bytes as text")
            return scalar.as_py().decode("utf-8", "replace")
        check(kind == "bytes", type_, ours)
        return scalar.as_py().hex()
    raise OtherType(f"{type_} as {kind}")


def check(same, type_, ours):
    if not same:
        raise OtherType(f"{type_} as {json.dumps(ours)}")


def is_list(type_):
    tests = ("is_list", "is_large_list", "is_fixed_size_list", "is_list_view", "is_large_list_view")
    return any(getattr(pa.types, test)(type_) for test in tests)


def is_binary(type_):
    tests = ("is_binary", "is_large_binary", "is_fixed_size_binary", "is_binary_view")
    return any(getattr(pa.types, test)(type_) for test in tests)


def in_base64(value):
    return base64.b64encode(value).decode()


def same(ours, theirs):
    """Whether a value as it was printed is that of `plain`."""
    if isinstance(theirs, Json):
        return isinstance(ours, str) and json.loads(ours) == json.loads(json.dumps(theirs.value, default=in_base64))
    if isinstance(theirs, float):
        if ours in ("NaN", "Infinity", "-Infinity"):
            ours = float(ours.replace("Infinity", "inf"))
        if not isinstance(ours, (int, float)):
            return False
        return ours == theirs or (math.isnan(ours) and math.isnan(theirs))
    if isinstance(theirs, list):
        values = list(ours.values()) if isinstance(ours, dict) else ours
        return isinstance(values, list) and len(values) == len(theirs) and all(map(same, values, theirs))
    if isinstance(theirs, dict):
        return isinstance(ours, dict) and all(same(ours.get(key), theirs[key]) for key in theirs)
    if isinstance(theirs, str) and isinstance(ours, str) and ours != theirs:
        return same_decimal(ours, theirs)
    return type(ours) is type(theirs) and ours == theirs


def same_decimal(ours, theirs):
    try:
        return decimal.Decimal(ours) == decimal.Decimal(theirs)
    except decimal.InvalidOperation:
        return False


def judge(path, read):
    if "bug" in read:
        return "crash", read["bug"]
    is_parquet = path.endswith((".parquet", ".parq")) or "/parquet/" in path
    try:
        table = read_table(path, is_parquet)
        # Of the files of other implementations some have values that their types do not allow.
        if "/integration/" not in path:
            table.validate(full=not is_parquet)
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        if "refused" in read:
            return "both refuse", read["refused"]
        return "pyarrow refuses", reason
    if "refused" in read:
        return "refused", read["refused"]
    return compare(table, read)


def compare(table, read):
    columns, rows = read["columns"], read["rows"]
    names = [column["name"] for column in columns]
    if names != table.column_names:
        return "other values", f"names {names}, pyarrow {table.column_names}"
    if read["count"] != table.num_rows:
        return "other values", f"{read['count']} rows, pyarrow {table.num_rows}"
    if read["promised"] not in (None, table.num_rows):
        return "other values", f"says {read['promised']} rows, pyarrow {table.num_rows}"
    others = []
    notes.clear()
    for at, column in enumerate(columns):
        try:
            for number, row in enumerate(rows):
                if "unreadable" in row:
                    return "other values", f"row {number + 1}: {row['unreadable']}"
                if at in row["lost"]:
                    continue
                theirs = plain(table.column(at)[number], column["type"])
                if not same(row["values"][at], theirs):
                    shown = f"{str(row['values'][at])[:80]!r}, pyarrow {str(theirs)[:80]!r}"
                    return "other values", f"row {number + 1}, {column['name']} ({table.schema.field(at).type}): {shown}"
        except OtherType as error:
            others.append(f"{column['name']}: {error}"[:200])
        except Exception as error:
            others.append(f"{column['name']}: not judged: {type(error).__name__} {error}"[:200])
    others.extend(sorted(notes))
    lost = sum(len(row["lost"]) for row in rows if "lost" in row)
    if lost > 0:
        others.append(f"{lost} values of more than 256 KiB left out")
    return ("other type", "; ".join(others)) if others else ("same", "")


for line in sys.stdin:
    question = json.loads(line)
    try:
        verdict, detail = judge(question["path"], question["read"])
    except Exception as error:
        verdict, detail = "pyarrow crashes", f"{type(error).__name__}: {error}"
    print(json.dumps({"verdict": verdict, "detail": detail}), flush=True)
