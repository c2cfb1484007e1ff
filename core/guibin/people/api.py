"""`/api/v1/posts` and `/roles`: who holds which post, and what rests on it."""

from litestar import Controller
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from guibin.web.routing import deletes, gets, patches, puts
from guibin.web.routing import posts as posts_to
from guibin_tenants.principals import may, sees_all

from . import field_rights, posts, roles

READ, WRITE = may("staff:read"), may("staff:write") & sees_all


class PostController(Controller):
    path = "/api/v1/posts"
    tags = ("administration",)
    list_posts = gets("/", posts.posts, "Posts of the policy: who holds each, what rests on it, and which are vacant")
    check = posts_to(
        "/{post:str}/roles/checks",
        roles.check_brought,
        "Who would gain and lose what if the post brought these roles; nothing is changed",
        needs=WRITE,
        status_code=HTTP_200_OK,
    )
    bring = puts(
        "/{post:str}/roles",
        roles.bring,
        "The roles of the company's own that the post brings its holders, given whole",
        needs=WRITE,
        confirmed=True,
        status_code=HTTP_204_NO_CONTENT,
    )


class FieldRightController(Controller):
    path = "/api/v1/field-rights"
    tags = ("administration",)
    show = gets("/", field_rights.field_rights, "What of a customer each role sees: hidden, masked or in clear")
    check = posts_to(
        "/{role:str}/checks",
        field_rights.check,
        "Who would see more or less of what by a change; nothing is changed",
        status_code=HTTP_200_OK,
    )
    change = puts(
        "/{role:str}",
        field_rights.change,
        "What the role sees, given whole",
        confirmed=True,
        status_code=HTTP_204_NO_CONTENT,
    )


class RoleController(Controller):
    path = "/api/v1/roles"
    tags = ("administration",)
    list_roles = gets("/", roles.all_roles, "Roles, built in and composed, with what each permits")
    compose = posts_to("/", roles.compose, "Compose a role of permissions", confirmed=True)
    check = posts_to(
        "/{role_id:uuid}/checks",
        roles.check,
        "Who would gain and lose what by a change; nothing is changed",
        status_code=HTTP_200_OK,
    )
    recompose = patches(
        "/{role_id:uuid}",
        roles.recompose,
        "Another title, other permissions, given whole",
        confirmed=True,
        status_code=HTTP_204_NO_CONTENT,
    )
    remove = deletes("/{role_id:uuid}", roles.remove, "Remove a role that nobody holds", confirmed=True)
