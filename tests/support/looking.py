"""What tests of looks at confidential values begin with: a customer with a sealed number, and a reason to see it."""

CUSTOMER = {
    "number": "DK00001",
    "name": "王建国",
    "kind": "leader",
    "employer": "成都市教育局",
    "confidential": {"mobile": "13800138000"},
}
PURPOSE = {"purpose": "核对联系电话", "leaves_to": "nobody", "fields": ["mobile"]}
