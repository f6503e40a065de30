"""Values made from their schema: random valid ones, and every place where an unknown name could stand."""

import json

import chart

SCHEMA = json.loads((chart.CHART / "values.schema.json").read_text())


def resolve(schema):
    while "$ref" in schema:
        place = SCHEMA
        for step in schema["$ref"].removeprefix("#/").split("/"):
            place = place[step]
        schema = place
    return schema


def random_value(schema, random, odds):
    """A value that this schema allows; each optional property is there with these odds."""
    schema = resolve(schema)
    if "examples" in schema:
        return random.choice(schema["examples"])
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return random.choice(schema["enum"])
    if "anyOf" in schema:
        return random_value(random.choice(schema["anyOf"]), random, odds)
    match schema.get("type"):
        case "boolean":
            return random.random() < 0.5
        case "integer":
            return random.randint(schema["minimum"], schema.get("maximum", schema["minimum"] + 1000))
        case "number":
            below = schema.get("exclusiveMaximum", float("inf"))
            return random.choice([number for number in (schema.get("minimum", 0.5), 1, 2.5, 60) if number < below])
        case "string":
            return random.choice([schema.get("default", "x"), "a: 'text', with \"quotes\" {{ and }} #signs"])
        case "array":
            return [random_value(schema["items"], random, odds) for _ in range(random.randint(schema.get("minItems", 0), 2))]
        case "object":
            wanted = schema.get("required", [])
            properties = schema.get("properties", {})
            return {k: random_value(s, random, odds) for k, s in properties.items() if k in wanted or random.random() < odds}
    raise AssertionError(f"no value can be made of {schema}")


def objects(schema=SCHEMA, path=()):
    """(path, schema) of every object, arrays' items included."""
    schema = resolve(schema)
    if schema.get("type") == "object":
        yield path, schema
        for name, inner in schema.get("properties", {}).items():
            yield from objects(inner, (*path, name))
    elif schema.get("type") == "array":
        yield from objects(schema["items"], (*path, 0))


def with_unknown_name(path, schema):
    """Values with one name too many, at this place."""
    value = {"notAValue": 1}
    examples = schema.get("examples")
    if examples and isinstance(examples[0], dict):
        value |= examples[0]
    for step in reversed(path):
        value = [value] if step == 0 else {step: value}
    return value
