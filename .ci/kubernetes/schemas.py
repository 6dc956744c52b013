"""Holds manifests against the schemas of Kubernetes and of the operators' kinds, strictly.

schemas.py <version> <folders of CRDs, colon separated> <file>... prints a line of JSON for each fault, and
writes what each file holds to <file>.json.
"""

import json
import pathlib
import sys

import jsonschema
import kubernetes_validate
import yaml

version, folders, *files = sys.argv[1:]

# YAML 1.1 has a meaning for a lone `=`, which Kubernetes takes for text.
yaml.CSafeLoader.add_constructor("tag:yaml.org,2002:value", lambda _, node: str(node.value))


def strict(schema):
    """The schema with no room for fields that it does not name."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    free = made.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in made
    if isinstance(made.get("properties"), dict) and "type" in made and not free:
        made["additionalProperties"] = False
    return made


def operators_kinds():
    kinds = {}
    for folder in folders.split(":"):
        for path in pathlib.Path(folder).glob("*.yaml"):
            definition = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
            if definition.get("kind") != "CustomResourceDefinition":
                continue
            spec = definition["spec"]
            for each in spec["versions"]:
                schema = strict(each["schema"]["openAPIV3Schema"])
                # Kubernetes' own, which the definition leaves to it.
                schema["properties"]["metadata"] = {"type": "object"}
                kinds[f"{spec['group']}/{each['name']}", spec["names"]["kind"]] = schema
    return kinds


def fault_of(document, kinds):
    own = kinds.get((document["apiVersion"], document["kind"]))
    try:
        if own is None:
            kubernetes_validate.validate(document, version, strict=True)
        else:
            jsonschema.Draft202012Validator(own).validate(document)
    except kubernetes_validate.SchemaNotFoundError as error:
        return error.message
    except jsonschema.ValidationError as error:
        return f"{'.'.join(map(str, error.absolute_path))}: {error.message[:300]}"
    return None


kinds = operators_kinds()
seen = {}
for file in files:
    documents = list(yaml.load_all(pathlib.Path(file).read_text(), Loader=yaml.CSafeLoader))
    pathlib.Path(f"{file}.json").write_text(json.dumps(documents))
    for document in documents:
        text = json.dumps(document)
        if text not in seen:
            seen[text] = fault_of(document, kinds)
        if seen[text] is not None:
            name = f"{document['kind']} {document['metadata']['name']}"
            print(json.dumps({"file": file, "fault": f"{name}: {seen[text]}"}))
