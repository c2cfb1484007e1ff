"""Qualifications of staff as rows: obtained, valid until, withdrawn."""

from piccolo.columns import Date, Text, Varchar

from guibin_tenants.tables import Index, Keys, RowOf, TenantTable


class QualificationRecord(TenantTable, signed="recorded", signed_off="withdrawn"):
    """Somebody obtained a qualification on a day; it is good through `valid_until`, None for ever. What it rests on is a file of it."""

    staff_id = RowOf("staff")
    staff_name = Varchar(length=200)
    qualification = Varchar(length=60)
    obtained_on = Date(default=None, null=True)
    valid_until = Date(default=None, null=True)
    certificate = Varchar(length=100, default="")
    note = Text(default="")
    withdrawn_because = Text(default="")

    keys = Keys(
        wall="staff_id",
        indexes=(
            Index(("staff_id", "qualification")),
            Index(("recorded_at desc", "id desc"), name="qualification_record_newest_idx"),
        ),
        checks={"dated": "obtained_on is not null and (valid_until is null or valid_until >= obtained_on)"},
    )
