"""The OpenAPI description against what the server does; the schemas are read independently."""

import json
from typing import Any

import httpx
import pytest

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": int | float,
    "null": type(None),
}


@pytest.fixture
def described(client: httpx.Client) -> dict[str, Any]:
    result: dict[str, Any] = client.get("/openapi.json").json()
    return result


def fits(value: Any, schema: dict[str, Any], whole: dict[str, Any]) -> bool:
    """Whether a value is valid; knows the keywords that this description uses."""
    if "$ref" in schema:
        return fits(value, whole["components"]["schemas"][schema["$ref"].split("/")[-1]], whole)
    if "oneOf" in schema:
        return sum(fits(value, option, whole) for option in schema["oneOf"]) == 1
    if "anyOf" in schema:
        return any(fits(value, option, whole) for option in schema["anyOf"])
    if "type" in schema and not isinstance(value, TYPES[schema["type"]]):
        return False
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        return set(schema.get("required", [])) <= set(value) and all(
            fits(item, known[key], whole)
            if key in known
            else others is True or (others is not False and fits(item, others, whole))
            for key, item in value.items()
        )
    if isinstance(value, list):
        return all(fits(item, schema.get("items", {}), whole) for item in value)
    if isinstance(value, str):
        in_bounds = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10**9)
        return in_bounds and value in schema.get("enum", [value])
    return True


def body_schema(described: dict[str, Any]) -> dict[str, Any]:
    content = described["paths"]["/v1/predict"]["post"]["requestBody"]["content"]
    result: dict[str, Any] = content["application/json"]
    return result


def test_the_examples_fit_and_are_accepted(client: httpx.Client, described: dict[str, Any]) -> None:
    body = body_schema(described)
    line = described["components"]["schemas"]["Record"]
    assert len(body["examples"]) == 2
    for example in body["examples"].values():
        assert fits(example["value"], body["schema"], described)
        reply = client.post("/v1/predict", json=example["value"])
        assert reply.status_code == 200
        for record in map(json.loads, reply.text.splitlines()):
            assert fits(record, line, described)
    for example in line["examples"]:
        assert fits(example, line, described)
        assert example["mentions"][0]["text"] == example["text"][9:18]


@pytest.mark.parametrize(
    "wrong",
    [{}, {"text": 1}, {"text": "a", "documents": []}, {"documents": [{"id": "", "text": ""}]}, []],
)
def test_what_does_not_fit_is_refused_as_described(
    client: httpx.Client, described: dict[str, Any], wrong: Any
) -> None:
    assert not fits(wrong, body_schema(described)["schema"], described)
    reply = client.post("/v1/predict", json=wrong)
    assert reply.status_code == 422
    refusal = described["paths"]["/v1/predict"]["post"]["responses"]["422"]["content"]
    assert fits(reply.json(), refusal["application/json"]["schema"], described)


def test_every_route_answers_as_described(client: httpx.Client, described: dict[str, Any]) -> None:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if method == "get":
                reply = client.get(path)
                content = operation["responses"]["200"].get("content", {})
                if schema := content.get("application/json", {}).get("schema"):
                    assert fits(reply.json(), schema, described)
                assert reply.status_code == 200
        other = "DELETE"
        assert client.request(other, path).status_code == 405


def test_an_uploaded_file_is_accepted_as_described(
    client: httpx.Client, described: dict[str, Any]
) -> None:
    body = described["paths"]["/v1/predict/file"]["post"]["requestBody"]["content"]
    (field,) = body["multipart/form-data"]["schema"]["required"]
    upload = {field: ("nota.txt", b"Toma litio")}
    assert client.post("/v1/predict/file", files=upload).status_code == 200


def test_the_page_is_served_and_asks_nobody_else(client: httpx.Client) -> None:
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "http://" not in page.text
    assert "https://" not in page.text
