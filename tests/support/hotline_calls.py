"""What tests of the hotline do all the time."""

PATH = "/api/v1/hotline-calls"
MOBILE = "13800138000"


async def sent(client, path, status=201, **body):
    """The answer to what is posted."""
    answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()
