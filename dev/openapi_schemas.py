"""openapi_schemas.py FOLDER DOCUMENT…: JSON schemas for kubeconform, from an API server.

A document is an OpenAPI v3 one, as `kubectl get --raw /openapi/v3/apis/apps/v1`
prints it. Every kind in it becomes FOLDER/<kind>-<group>-<version>.json, with
unknown fields refused. So nothing has to be downloaded, and the schemas are
those of the very version that runs here.
"""

import json
import pathlib
import sys

KIND = "x-kubernetes-group-version-kind"


def is_closed(schema):
    """Whether the fields that the schema names are all there are."""
    return (
        "properties" in schema
        and "additionalProperties" not in schema
        and not schema.get("x-kubernetes-preserve-unknown-fields")
    )


def close(node):
    if isinstance(node, list):
        for item in node:
            close(item)
    elif isinstance(node, dict):
        if is_closed(node) and isinstance(node["properties"], dict):
            node["additionalProperties"] = False
        for child in node.values():
            close(child)


def write_schemas(folder, document):
    schemas = document["components"]["schemas"]
    close(schemas)
    for name, schema in schemas.items():
        for kind in schema.get(KIND, []):
            parts = [kind["kind"], *kind["group"].split(".")[:1], kind["version"]]
            file = "-".join(part.lower() for part in parts if part) + ".json"
            whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
            (folder / file).write_text(json.dumps(whole))


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for path in sys.argv[2:]:
        write_schemas(folder, json.loads(pathlib.Path(path).read_text()))


main()
