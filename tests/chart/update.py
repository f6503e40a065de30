"""Writes what follows from something else: the schema's settings (from `shotengai describe`), the values' table, the golden renders.

    make chart-golden
"""

import json
import re

import chart
import described
import golden

SCHEMA = chart.CHART / "values.schema.json"
README = chart.CHART / "README.md"
BEGIN, END = "<!-- values -->", "<!-- /values -->"

# The chart sets these from values of their own, so settings mustn't. So are the URLs of roles.
MANAGED = {
    "ADMIN_EMAIL", "ADMIN_PASSWORD", "ADMIN_PASSWORD_HASH", "ARCHIVE", "AWS_ENDPOINT_URL", "AWS_REGION", "CURRENCY", "DATABASE_CA_FILE",
    "DATABASE_URL",    "DRAIN_SECONDS", "HEALTH_ADDR", "HTTP_ADDR", "INTERNAL_TOKEN", "JWT_SIGNING_KEY", "JWT_SIGNING_KEY_FILE",
    "KINESIS_STREAM_NAME", "LEASES", "LEASE_NAMESPACE", "LOG", "LOG_FORMAT", "MAIL_DOMAIN", "MAIL_FROM",
    "OTEL_EXPORTER_OTLP_ENDPOINT", "POD_NAME", "POD_NAMESPACE", "POD_UID", "PRE_STOP_SECONDS", "PUBLIC_URL", "PUBLISH", "RESOURCE_PREFIX", "SMTP_URL",
}  # fmt: skip


def is_managed(name):
    return name in MANAGED or name in {f"{role.upper()}_URL" for role in described.roles()}


def property_of(setting):
    found = {"type": setting.kind, "description": setting.help}
    if setting.kind == "integer":
        found["minimum"] = setting.minimum
        if setting.maximum is not None:
            found["maximum"] = setting.maximum
    if setting.default not in (None, ""):
        found["default"] = setting.default
    return found


def definition(settings):
    properties = {name: property_of(setting) for name, setting in sorted(settings.items()) if not is_managed(name)}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def schema():
    found = json.loads(SCHEMA.read_text())
    shared = described.shared()
    found["$defs"]["sharedSettings"] = definition(shared)
    for role in described.roles():
        found["$defs"][f"{role}Settings"] = definition(shared | described.of_role(role))
    return pretty(found) + "\n"


def pretty(value, indent=0):
    """JSON in which what fits on a line stands on one."""
    line = json.dumps(value, ensure_ascii=False)
    if indent + len(line) <= 118 or not isinstance(value, (dict, list)) or not value:
        return line
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        inner = [f"{pad}{json.dumps(key)}: {pretty(item, indent + 2)}" for key, item in value.items()]
    else:
        inner = [pad + pretty(item, indent + 2) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n" + ",\n".join(inner) + f"\n{' ' * indent}{closing}"


def values_table():
    """One row a `# -- ` comment of values.yaml."""
    rows, path, about = [], [], None
    for line in (chart.CHART / "values.yaml").read_text().splitlines():
        comment = re.match(r" *# -- (.*)", line)
        key = re.match(r"( *)([A-Za-z]+):(.*)", line)
        if comment:
            about = comment.group(1)
        elif key:
            depth = len(key.group(1)) // 2
            path[depth:] = [key.group(2)]
            if about:
                default = key.group(3).strip() or "see values.yaml"
                rows.append(f"| `{'.'.join(path)}` | `{default}` | {about.replace('|', chr(92) + '|')} |")
            about = None
    return "\n".join(["| value | default | |", "|---|---|---|", *rows])


def readme():
    text = README.read_text()
    return re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{values_table()}\n{END}", text, flags=re.DOTALL)


def main():
    SCHEMA.write_text(schema())
    if README.exists():
        README.write_text(readme())
    chart.GOLDEN.mkdir(exist_ok=True)
    for name in chart.VALUE_SETS:
        golden.path(name).write_text(golden.of(name))
        print(f"wrote {golden.path(name).relative_to(chart.ROOT)}")


if __name__ == "__main__":
    main()
