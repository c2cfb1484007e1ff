"""What a directory told: people, groups, who is in which, and the company's rules about both."""

from piccolo.columns import JSONB, Boolean, Timestamptz, Varchar

from guibin_tenants.tables import Index, Keys, RowOf, TenantTable


class ScimSettings(TenantTable, tablename="scim_settings", signed="written"):
    """What groups bring here, and to whom customers and cases go when somebody leaves. One row."""

    settings = JSONB()
    one = Boolean(default=True)

    keys = Keys(unique=(("one",),), written_by="company", checks={"one_alone": "one"})


class ScimPerson(TenantTable, tablename="scim_person"):
    """Somebody whom the directory told; `staff_id` is their account here, once the rules give them anything."""

    user_name = Varchar(length=100)
    external_id = Varchar(length=255, default=None, null=True)
    name = Varchar(length=100)
    active = Boolean(default=True)
    staff_id = RowOf("staff", null=True)
    created_at = Timestamptz(default=None, null=True)
    changed_at = Timestamptz(default=None, null=True)

    keys = Keys(unique=(("user_name",), ("staff_id",)), written_by="company")


class ScimGroup(TenantTable, tablename="scim_group"):
    """A group of the directory."""

    name = Varchar(length=200)
    external_id = Varchar(length=255, default=None, null=True)
    created_at = Timestamptz(default=None, null=True)
    changed_at = Timestamptz(default=None, null=True)

    keys = Keys(unique=(("name",),), written_by="company")


class ScimMember(TenantTable, tablename="scim_member"):
    """Who is in a group."""

    group_id = RowOf("scim_group")
    person_id = RowOf("scim_person")

    keys = Keys(unique=(("group_id", "person_id"),), indexes=(Index(("person_id",)),), written_by="company")
