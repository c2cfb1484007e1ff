"""`/api/v1/posts`: who holds which post, and what rests on it."""

from litestar import Controller

from guibin.web.routing import gets
from guibin_tenants.principals import may

from . import posts

READ = may("staff:read")


class PostController(Controller):
    path = "/api/v1/posts"
    tags = ("administration",)
    list_posts = gets("/", posts.posts, "Posts of the policy: who holds each, what rests on it, and which are vacant")
