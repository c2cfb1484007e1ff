"""`/api/v1/plan-reviews`: which plans wait for a review, and how it ended."""

from litestar import Controller

from guibin.audit.answering import lists
from guibin_tenants.principals import may

from .queries import LISTED, PlanReviewFilter

READ = may("approvals:read")


class PlanReviewController(Controller):
    path = "/api/v1/plan-reviews"
    tags = ("approvals",)
    list_reviews = lists("/", LISTED, PlanReviewFilter, "Plans and their reviews, newest first", recorded="plan_review")
